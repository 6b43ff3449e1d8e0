using AspireElection.Jobs;
using AspireElection.Stores.InProcess;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>What the page tells of jobs.</summary>
public sealed class JobsPageTests
{
    [Fact]
    public async Task Jobs_are_shown_with_durations_progress_next_run_and_their_whole_error()
    {
        using var folder = new LockFolder();
        await using var store = new InProcessStore(BootClock.Instance);
        var grant = await store.AcquireAsync(
            new Candidacy("leader-election-demo", new CandidateId("n1", "1"), TimeSpan.FromMinutes(1)), CancellationToken.None);
        var now = BootClock.Instance.GetUtcNow();
        var error = $"relation <products> exists {new string('x', 3000)} end of it";
        await WriteAsync(new JobState
        {
            Job = "reindex",
            Schedule = "every 60s",
            State = "running",
            Progress = 0.427,
            DurationsMs = [1, 5, 3],
            LastDurationMs = 3,
            LastRun = now,
            NextRun = now + TimeSpan.FromHours(2.5),
            LastNode = "n1",
            LastTerm = 7,
            Runs = 3,
        });
        await WriteAsync(new JobState { Job = "migrations", Schedule = "once", State = "failed", LastError = error, LastDurationMs = 1234, Runs = 1 });
        await WriteAsync(new JobState { Job = "overdue", Schedule = "every 1s", NextRun = now - TimeSpan.FromSeconds(5) });
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path, store);

        var page = await dashboard.PageAsync(">reindex</th>", ">migrations</th>", "n1 has led leader-election-demo since");
        Assert.Contains("<progress class=\"progress\" max=\"100\" value=\"42\" aria-label=\"Progress of reindex\">42 %</progress>", page, StringComparison.Ordinal);
        Assert.Contains("role=\"img\" aria-label=\"The last 3 runs took 1 ms to 5 ms, the newest 3 ms\"", page, StringComparison.Ordinal);
        Assert.Contains("<rect class=\"newest\" x=\"76\" y=\"9.6\" width=\"3\" height=\"14.4\"", page, StringComparison.Ordinal);
        Assert.Contains("in 2 h 29 min", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"more\">term 7</span>", page, StringComparison.Ordinal);
        Assert.Contains("1.2 s", page, StringComparison.Ordinal);
        Assert.Contains($"<pre>{error.Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)}</pre>", page, StringComparison.Ordinal);
        Assert.Contains("<tr role=\"row\" id=\"job-leader-election-demo-migrations\">", page, StringComparison.Ordinal);
        Assert.Contains("<tr role=\"row\" class=\"error\" id=\"error-leader-election-demo-migrations\">", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"more\">due</span>", page, StringComparison.Ordinal);
        Assert.Contains("none planned", page, StringComparison.Ordinal);

        ValueTask WriteAsync(JobState state) => store.WriteAsync(grant.Term, JobState.KeyPrefix + state.Job, state.ToJson(), CancellationToken.None);
    }
}
