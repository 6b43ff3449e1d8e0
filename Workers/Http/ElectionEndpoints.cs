using AspireElection.Hosting;
using AspireElection.Jobs;
using AspireElection.Workers.Settings;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AspireElection.Workers.Http;

/// <summary>What a worker tells over HTTP. All but <c>/jobs</c> is answered from memory and never waits for the store.</summary>
internal static class ElectionEndpoints
{
    private static readonly TimeSpan JobsLimit = TimeSpan.FromSeconds(2);

    public static void MapElection(this WebApplication app)
    {
        app.MapGet("/", (WorkerSettings settings, Elections elections) => LeaderText.Of(elections.Find(settings.LockName)!.Snapshot()));
        app.MapGet("/election", (Elections elections) => elections.Candidates.Select(c => ElectionAnswer.From(c.Snapshot())).ToArray());
        app.MapGet("/leader", (WorkerSettings settings, Elections elections) => elections.Find(settings.LockName)!.IsLeader
            ? Results.Text("leader\n")
            : Results.Text("not the leader\n", statusCode: StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/jobs", JobsAsync);
    }

    /// <summary>The same on every node: what the cluster has written down, and the jobs of which nothing is written yet.</summary>
    private static async Task<Results<Ok<JobAnswer[]>, ContentHttpResult>> JobsAsync(
        WorkerSettings settings, Elections elections, IServiceProvider services, CancellationToken cancellationToken)
    {
        var candidate = elections.Find(settings.LockName)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(JobsLimit);
        try
        {
            // The outer bound is for a store that does not obey its token.
            var written = (await JobState.ReadAllAsync(candidate.Store, candidate.Election, limit.Token).WaitAsync(limit.Token))
                .ToDictionary(s => s.Job);
            var jobs = services.GetKeyedServices<ILeaderJob>(settings.LockName)
                .Select(job => written.GetValueOrDefault(job.Name) ?? new JobState { Job = job.Name, Schedule = job.Schedule.ToString() });
            return TypedResults.Ok(jobs.Select(JobAnswer.From).ToArray());
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = exception switch
            {
                OperationCanceledException => $"no answer within {JobsLimit.TotalSeconds:0} s",
                StoreUnavailableException => exception.Message,
                _ => exception.GetType().Name,
            };
            return TypedResults.Text(
                $"The store {candidate.Store.Kind} cannot be read: {reason}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
