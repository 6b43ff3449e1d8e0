using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>What happens to the process of a node.</summary>
internal static class ProcessFaults
{
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(3);

    public static IEnumerable<Fault> All =>
    [
        new("leader killed", Fault.Everywhere, (store, lease) => store == "postgres" ? Bounds.AtOnce : Bounds.OneLease(lease), KilledAsync) { EndsLeader = true, Weight = 8 },
        new("leader terminated, its job drains 3 s", Fault.Everywhere, (_, _) => Bounds.AtOnce, DrainedAsync) { EndsLeader = true },
        new("leader terminated", Fault.Everywhere, (_, _) => Bounds.AtOnce, TerminatedAsync) { EndsLeader = true, Weight = 6 },
        new("leader resigns", Fault.Everywhere, (_, _) => Bounds.AtOnce, ResignedAsync) { Weight = 12 },
        new("leader frozen for three leases", Fault.Everywhere, (_, lease) => Bounds.OneLease(lease), FrozenAsync),
        new("leader's thread pool starved for three leases", Fault.Everywhere, (_, lease) => Bounds.OneLease(lease), StarvedAsync),
    ];

    private static async Task KilledAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        await strike.NextTermAsync(strike.Leader.Process.Kill());
    }

    private static async Task TerminatedAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        strike.Leader.Process.Terminate();
        await SucceededAsync(strike);
    }

    private static async Task ResignedAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        // On a busy machine it may have lost its term by itself meanwhile: there is nothing to hand over then.
        if (await strike.Leader.Process.PostAsync($"/election/{Ground.Election}/resign") == 202)
            await SucceededAsync(strike);
    }

    private static async Task DrainedAsync(Strike strike)
    {
        await strike.Leader.Process.PostAsync($"/drain?ms={Drain.TotalMilliseconds}");
        if (!await WorksAsync(strike))
            return;
        var told = strike.Leader.Process.Terminate();
        await SucceededAsync(strike);
        var old = strike.Cluster.Recording.Reigns.Single(r => r.Term == strike.Term);
        // It was renewed meanwhile: the lease is shorter than the drain.
        if (old.LastSure < told + Drain - TimeSpan.FromMilliseconds(200))
            strike.Judge(told, told + Drain, $"the leader led for {(old.LastSure - told).TotalMilliseconds:0} ms of a drain of {Drain.TotalMilliseconds:0} ms: {strike.Cluster.SaidSince(strike.BeganAt)}");
    }

    private static async Task FrozenAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = strike.Leader.Process.Freeze();
        await strike.NextTermAsync(at);
        if (at + strike.Lease * 3 - RunClock.Now is { Ticks: > 0 } left)
            await Strike.WaitAsync(left);
        strike.Leader.Process.Continue();
    }

    /// <summary>The successor comes as soon as trust and lease are over, and the work was told before, by a thread that needs no pool.</summary>
    private static async Task StarvedAsync(Strike strike)
    {
        if (!await WorksAsync(strike))
            return;
        var at = RunClock.Now;
        await strike.Leader.Process.PostAsync($"/starve?ms={(strike.Lease * 3).TotalMilliseconds}");
        var next = await strike.NextTermAsync(at);
        var old = strike.Cluster.Recording.Reigns.Single(r => r.Term == strike.Term);
        // What it said is read from a pipe, perhaps later than what its successor said.
        await RunClock.UntilAsync(() => old.Ended is not null, strike.Lease * 3, () => "the starved leader's work is told");
        var late = old.Ended!.Value - next.Start - Lateness.Excused(at, next.Start);
        if (late > TimeSpan.Zero)
            strike.Judge(at, next.Start, $"the starved leader's work was told {late.TotalMilliseconds:0} ms after the next leader began");
        if (at + strike.Lease * 3 - RunClock.Now is { Ticks: > 0 } left)
            await Strike.WaitAsync(left);
    }

    /// <summary>
    /// A new leader first reads what its jobs did before and runs those that run once: until its job runs there is nothing to
    /// drain, and nobody to be told.
    /// </summary>
    private static async Task<bool> WorksAsync(Strike strike)
    {
        var works = await strike.Cluster.JobRunsAsync(strike.Leader, strike.Term);
        if (!works)
            strike.Judge(strike.BeganAt, RunClock.Now, $"{strike.Leader.Label} lost its term {strike.Term} before anything happened to it");
        return works;
    }

    /// <summary>Counted from the end of the old leadership: how long its work drains is its own affair.</summary>
    private static async Task SucceededAsync(Strike strike)
    {
        var old = strike.Cluster.Recording.Reigns.Single(r => r.Term == strike.Term);
        await RunClock.UntilAsync(() => old.Ended is not null, Drain * 3, () => $"{strike.Leader.Label} resigns");
        await strike.NextTermAsync(old.Ended!.Value);
    }
}
