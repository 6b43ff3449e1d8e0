using AspireElection.Dashboard.Watching;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;

namespace AspireElection.Dashboard.Drills;

/// <summary>The two ways in: the admin link, which only hands out the cookie, and the form, which alone changes something.</summary>
internal static class DrillEndpoints
{
    /// <summary>Where the admin link leads.</summary>
    public const string AdminPath = "/admin";

    /// <summary>Where the form goes.</summary>
    public const string FormPath = "/drills";

    /// <summary>The part of the page that a form comes back to.</summary>
    public const string Section = "drills";

    private const int LongestForm = 16 * 1024;

    public static void AddDrills(this IServiceCollection services, DashboardSettings settings)
    {
        services.AddAntiforgery(options => options.Cookie.Name = $"election-form{settings.PortSuffix}");
        services.AddSingleton<AdminSession>();
        services.AddSingleton<DrillList>();
        services.AddSingleton<DrillRunner>();
    }

    public static void MapDrills(this WebApplication app)
    {
        app.MapGet(AdminPath, Open);
        app.MapPost(FormPath, RunAsync).WithMetadata(new RequestSizeLimitAttribute(LongestForm));
    }

    private static IResult Open(HttpContext http, AdminSession session)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!session.IsOffered)
            return Results.Text("This dashboard was started without drills; its page says how to enable them.\n", statusCode: StatusCodes.Status404NotFound);
        // The redirect takes the token out of the address and of the browser's history.
        return session.TryOpen(http, http.Request.Query["token"])
            ? new SeeOther("/")
            : Results.Text(
                "This link does not open the drills: its token is not that of this dashboard, which may have been started again since. " +
                "The page itself is open to look at: /\n",
                statusCode: StatusCodes.Status401Unauthorized);
    }

    private static async Task<IResult> RunAsync(
        HttpContext http, AdminSession session, IAntiforgery antiforgery, Watches watches, DrillRunner runner)
    {
        if (!session.Has(http))
            return Results.Text("Drills need the admin link of this dashboard. Nothing was changed.\n", statusCode: StatusCodes.Status403Forbidden);
        try
        {
            await antiforgery.ValidateRequestAsync(http);
        }
        catch (AntiforgeryValidationException)
        {
            // A page of somebody else on this machine has the cookie sent along, but cannot read the form's own token.
            return Results.Text("This form is not of this page, or of an older one: load the page again. Nothing was changed.\n", statusCode: StatusCodes.Status400BadRequest);
        }

        if (DrillOrder.Read(await http.Request.ReadFormAsync(http.RequestAborted), watches.Pictures) is not { } order)
            return Results.Text("The form names an election, a drill or a member that is not here any more: load the page again. Nothing was changed.\n", statusCode: StatusCodes.Status400BadRequest);
        return await runner.RunAsync(order)
            ? new SeeOther($"/#{Section}")
            : Results.Text("Too many drills are under way: wait for their results. Nothing was changed.\n", statusCode: StatusCodes.Status429TooManyRequests);
    }

    /// <summary>After a form the browser asks with GET, so that loading the page again repeats no drill.</summary>
    private sealed class SeeOther(string location) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = location;
            return Task.CompletedTask;
        }
    }
}
