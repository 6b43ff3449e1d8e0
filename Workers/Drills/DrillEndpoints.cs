using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AspireElection.Hosting;
using AspireElection.Stores.Quorum;
using AspireElection.Workers.Settings;
using Microsoft.AspNetCore.Mvc;

namespace AspireElection.Workers.Drills;

/// <summary>What an operator may do to a node. Without a configured token there is nothing of it.</summary>
internal static class DrillEndpoints
{
    private const string Scheme = "Bearer ";

    private static readonly TimeSpan AnswerSent = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static void MapDrills(this WebApplication app)
    {
        if (app.Services.GetRequiredService<WorkerSettings>().AdminToken is not { } token)
            return;
        var drills = app.MapGroup("/election/{name}")
            .AddEndpointFilter((context, next) => HasToken(context.HttpContext.Request, token)
                ? next(context)
                : ValueTask.FromResult<object?>(Results.Text("wrong token\n", statusCode: StatusCodes.Status401Unauthorized)));
        drills.MapPost("/resign", Resign);
        drills.MapPost("/pause", (string name, [FromQuery(Name = "for")] string? duration, Elections elections, Drill drill) =>
            OfLeader(elections, name, leadership => For(duration, time =>
            {
                drill.Pause(time);
                return $"no renewals of term {leadership.Token} for {time.TotalSeconds:0.###} s\n";
            })));
        drills.MapPost("/cut", (string name, [FromQuery(Name = "for")] string? duration, Elections elections, Drill drill) =>
            OfMember(elections, name, _ => For(duration, time =>
            {
                drill.Cut(time);
                return $"cut off from the store for {time.TotalSeconds:0.###} s\n";
            })));
        drills.MapPost("/eligible", MakeEligibleAsync);
        drills.MapPost("/kill", (string name, Elections elections, HttpResponse response) =>
            OfMember(elections, name, _ =>
            {
                response.OnCompleted(KillSoon);
                return Accepted("killing this process\n");
            }));
    }

    /// <summary>Answers at once: the resign itself lasts as long as the jobs drain.</summary>
    private static IResult Resign(string name, Elections elections) => OfMember(elections, name, candidate => OfLeader(elections, name, leadership =>
    {
        // How it ends is logged and printed like every other end of a leadership.
        _ = candidate.ResignAsync();
        return Accepted($"resigning term {leadership.Token}\n");
    }));

    /// <summary>Lets a peer stand and vote; answered when a majority has stored it.</summary>
    private static async Task<IResult> MakeEligibleAsync(
        string name, string? id, Elections elections, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (elections.Find(name) is null)
            return Results.Text($"no election '{name}' here\n", statusCode: StatusCodes.Status404NotFound);
        if (services.GetService<QuorumStore>() is not { } quorum)
            return Results.Text("only with --store quorum\n", statusCode: StatusCodes.Status409Conflict);
        try
        {
            await quorum.MakeEligibleAsync(name, id ?? string.Empty, cancellationToken);
            return Accepted($"{id} may stand and vote\n");
        }
        catch (ArgumentException wrong)
        {
            return Results.Text($"id is '{id}': {wrong.Message.ReplaceLineEndings(" ")}\n", statusCode: StatusCodes.Status400BadRequest);
        }
        catch (StoreUnavailableException refused)
        {
            return Results.Text($"{refused.Message}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static IResult OfMember(Elections elections, string name, Func<Candidate, IResult> drill) =>
        elections.Find(name) is { } candidate
            ? drill(candidate)
            : Results.Text($"no election '{name}' here\n", statusCode: StatusCodes.Status404NotFound);

    private static IResult OfLeader(Elections elections, string name, Func<Leadership, IResult> drill) => OfMember(elections, name, candidate =>
        candidate.Leadership is { } leadership
            ? drill(leadership)
            : Results.Text("not the leader\n", statusCode: StatusCodes.Status409Conflict));

    private static IResult For(string? duration, Func<TimeSpan, string> drill) =>
        DurationText.Parse(duration ?? "10s") is { } time && time > TimeSpan.Zero && time <= Longest
            ? Accepted(drill(time))
            : Results.Text($"for is '{duration}'; allowed: more than 0 and at most 5m, such as 500ms, 10s, 1m\n", statusCode: StatusCodes.Status400BadRequest);

    /// <summary>The answer is completed before it is sent; who asked should have it.</summary>
    private static Task KillSoon()
    {
        _ = Task.Delay(AnswerSent).ContinueWith(static _ => Process.GetCurrentProcess().Kill(), TaskScheduler.Default);
        return Task.CompletedTask;
    }

    private static IResult Accepted(string text) => Results.Text(text, statusCode: StatusCodes.Status202Accepted);

    /// <summary>Compares digests in constant time, so that neither content nor length can be found out by trying.</summary>
    private static bool HasToken(HttpRequest request, string token) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) &&
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim())), SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
