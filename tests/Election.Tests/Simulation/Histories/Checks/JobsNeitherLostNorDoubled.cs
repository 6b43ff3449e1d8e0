using AspireElection.Jobs;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A job that runs once is not run again by a term that was granted after its success was on record; one with a period
/// begins no sooner than a period after its last recorded begin, and under a leader left in peace no later. In the end the
/// job that runs once is on record, or the last leader has tried it.
/// </summary>
internal sealed class JobsNeitherLostNorDoubled(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(10).Ticks;

    private readonly HashSet<long> _triedBy = [];
    private bool _isOnRecord;
    private long? _doneAt;
    private long _forgotAt;
    private long _lastGranted;
    private JobState? _last;
    private long _lastAt;
    private long _begunInPeace;

    public override void Recorded(Term term, string key, string value)
    {
        var state = JobState.FromJson(value)!;
        var isDone = state is { Job: LeaderWork.Once, DoneVersion: LeaderWork.Version };
        // The last that was accepted counts: another may have been overwritten by whoever could not know of it.
        if (state.Job == LeaderWork.Once)
            _isOnRecord = isDone;
        // One that arrives when the next term has been granted does not bind that term.
        if (isDone && term.Token >= _lastGranted)
            _doneAt ??= Now;
        if (state is { Job: LeaderWork.Periodic, State: "running" } && state.LastTerm == term.Token && state.LastRun != _last?.LastRun)
            Begins(state);
    }

    public override void Granted(string who, long token) => _lastGranted = token;

    public override void Forgot()
    {
        _forgotAt = Now;
        _isOnRecord = false;
        _doneAt = null;
        _last = null;
    }

    public override void Started(WorkRun run)
    {
        var token = run.Leadership.Token;
        if (run.What == LeaderWork.Once)
            _triedBy.Add(token);
        if (run.What == LeaderWork.Periodic)
            _begunInPeace = Now;
        else if (run.What == LeaderWork.Once && _doneAt is { } done && History.GrantedAt.TryGetValue(token, out var granted) && done < granted)
            Fail($"{run.What} runs again under {token}, although its success was on record before that term");
        // Where nothing is lost on the way, its own leader knows of the record as well.
        else if (run.What == LeaderWork.Once && _doneAt is { } own && History.CalmSince is { } calm && calm < own - History.Plan.Lease.Ticks)
            Fail($"{run.What} runs again under {token}, {(Now - own) / 1e4} ms after its success was recorded");
    }

    /// <summary>Only where all wall clocks agree: the schedule has to survive its leader, and is kept by them.</summary>
    private void Begins(JobState state)
    {
        var (last, at) = (_last, _lastAt);
        (_last, _lastAt) = (state, Now);
        if (last is null || !History.Plan.WallsAgree)
            return;
        // What was on its way when the term was granted could not be known to it.
        if (last.LastTerm != state.LastTerm && at >= History.GrantedAt.GetValueOrDefault(state.LastTerm))
            return;
        var apart = state.LastRun!.Value - last.LastRun!.Value;
        var fastest = History.Plan.Nodes.Max(n => n.Rate);
        if (apart < (History.Plan.Lease * LeaderWork.LeasesInAPeriod / Math.Max(1, fastest)) - TimeSpan.FromTicks(s_slack))
            Fail($"{state.Job} begins under {state.LastTerm} {apart.TotalMilliseconds} ms after its last begin under {last.LastTerm}, sooner than its period");
    }

    /// <summary>A leader whose term outlived the loss of the data knows that it was done; the next one repeats it.</summary>
    public override string? Outstanding() => !_isOnRecord && Leader is { } leader && leader.GrantedAt >= _forgotAt && !_triedBy.Contains(leader.Token)
        ? $"{LeaderWork.Once} is not on record, and {leader.Token} has not run it"
        : null;

    public override void Finish()
    {
        if (Outstanding() is { } what && Now - Leader!.BeganAt > Patience)
            Fail(what);
    }

    /// <summary>A lost request may have been waited for as long as any is.</summary>
    private long Patience => History.Plan.Lease.Ticks * 6 + TimeSpan.FromSeconds(6).Ticks;

    private Reign? Leader => History.Nodes.FirstOrDefault(n => n.Reign is not null)?.Reign;

    public override void Look()
    {
        var patience = Patience;
        if (History.CalmSince is not { } calm || Now - calm < patience || Now - _begunInPeace < patience)
            return;
        if (History.Nodes.FirstOrDefault(n => n.Reign is not null) is { Reign: { } reign } && Now - reign.BeganAt > patience)
            Fail($"no run of {LeaderWork.Periodic} begins for {(Now - _begunInPeace) / 1e7} s under a leader that nothing disturbs");
    }
}
