using System.Security.Cryptography;
using System.Text;
using AspireElection.Hosting;
using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Http;

/// <summary>What an operator may do to a node. Without a configured token there is nothing of it.</summary>
internal static class Drills
{
    private const string Scheme = "Bearer ";

    public static void MapDrills(this WebApplication app)
    {
        if (app.Services.GetRequiredService<WorkerSettings>().AdminToken is not { } token)
            return;
        app.MapGroup("/election/{name}")
            .AddEndpointFilter((context, next) => HasToken(context.HttpContext.Request, token)
                ? next(context)
                : ValueTask.FromResult<object?>(Results.Text("wrong token\n", statusCode: StatusCodes.Status401Unauthorized)))
            .MapPost("/resign", Resign);
    }

    /// <summary>Answers at once: the resign itself lasts as long as the jobs drain.</summary>
    private static IResult Resign(string name, Elections elections)
    {
        if (elections.Find(name) is not { } candidate)
            return Results.Text($"no election '{name}' here\n", statusCode: StatusCodes.Status404NotFound);
        if (candidate.Leadership is not { } leadership)
            return Results.Text("not the leader\n", statusCode: StatusCodes.Status409Conflict);
        // How it ends is logged and printed like every other end of a leadership.
        _ = candidate.ResignAsync();
        return Results.Text($"resigning term {leadership.Token}\n", statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>Compares digests in constant time, so that neither content nor length can be found out by trying.</summary>
    private static bool HasToken(HttpRequest request, string token) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) &&
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim())), SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
