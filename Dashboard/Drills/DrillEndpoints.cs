using AspireElection.Dashboard.Components;
using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
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
        services.AddSingleton<SentForms>();
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
            return Refused("This dashboard was started without drills; its page says how to enable them.", StatusCodes.Status404NotFound);
        // The redirect takes the token out of the address and of the browser's history.
        return session.TryOpen(http, http.Request.Query["token"])
            ? new SeeOther("/")
            : Refused(
                "This link does not open the drills: its token is not that of this dashboard, which may have been started again since.",
                StatusCodes.Status401Unauthorized);
    }

    private static async Task<IResult> RunAsync(
        HttpContext http, AdminSession session, IAntiforgery antiforgery, Watches watches, SentForms sent, DrillRunner runner)
    {
        if (!session.Has(http))
            return Refused("Drills need the admin link of this dashboard.", StatusCodes.Status403Forbidden);
        try
        {
            await antiforgery.ValidateRequestAsync(http);
        }
        catch (AntiforgeryValidationException)
        {
            // A page of somebody else on this machine has the cookie sent along, but cannot read the form's own token.
            return Refused("This form is not of this page, or of an older one: load the page again.", StatusCodes.Status400BadRequest);
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var back = PageLinks.Now(TimelineRange.Named(form[DrillOrder.RangeField]) ?? TimelineRange.Default);
        if (DrillOrder.Read(form, watches.Pictures) is not { } order)
            return Refused("The form names an election, a drill or a member that is not here any more: load the page again.", StatusCodes.Status400BadRequest, back);
        return !sent.TryTake(order.Number) || await runner.RunAsync(order)
            ? new SeeOther($"{back}#{Section}")
            : Refused("Too many drills are under way: wait for their results.", StatusCodes.Status429TooManyRequests, back);
    }

    private static RazorComponentResult<Refused> Refused(string why, int status, string back = "/") =>
        new(new Dictionary<string, object?> { [nameof(Components.Refused.Why)] = why, [nameof(Components.Refused.Back)] = back })
        {
            PreventStreamingRendering = true,
            StatusCode = status,
        };

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
