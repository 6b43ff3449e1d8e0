using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection;

/// <summary>Calls the user's callbacks one after the other, off the election's own loops.</summary>
internal sealed class CallbackLoop
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly Subscription<ElectionChange> _changes;
    private readonly ElectionCallbacks _callbacks;
    private readonly CandidateId _self;
    private readonly Func<bool> _stands;
    private readonly TimeProvider _clock;
    private readonly string _election;
    private readonly ILogger _logger;
    private Task _running = Task.CompletedTask;
    private bool _follows;

    private CallbackLoop(
        Subscription<ElectionChange> changes, ElectionCallbacks callbacks, CandidateId self, Func<bool> stands, TimeProvider clock, string election,
        ILogger logger)
    {
        _changes = changes;
        _callbacks = callbacks;
        _stands = stands;
        _self = self;
        _clock = clock;
        _election = election;
        _logger = logger;
    }

    /// <summary>Begins; it ends after the last change was told.</summary>
    public static CallbackLoop Start(
        Subscription<ElectionChange> changes,
        ElectionCallbacks callbacks,
        CandidateId self,
        Func<bool> stands,
        ElectionThreads threads,
        TimeProvider clock,
        string election,
        ILogger logger)
    {
        var loop = new CallbackLoop(changes, callbacks, self, stands, clock, election, logger);
        loop._running = threads.Start(loop.RunAsync);
        return loop;
    }

    /// <summary>A callback that blocks, perhaps because it waits for this very stop, must not keep the process.</summary>
    public async Task EndAsync()
    {
        try
        {
            await _running.WaitAsync(Limit, _clock);
        }
        catch (TimeoutException exception)
        {
            ElectionLog.CallbackFailed(_logger, _election, exception);
        }
    }

    private async Task RunAsync()
    {
        using var changes = _changes;
        await foreach (var change in changes.ReadAsync())
        {
            foreach (var callback in CallbacksFor(change))
                Call(callback);
        }
    }

    private void Call(Action callback)
    {
        try
        {
            callback();
        }
        catch (Exception exception)
        {
            ElectionLog.CallbackFailed(_logger, _election, exception);
        }
    }

    /// <summary>Whether it follows from now on and did not before.</summary>
    private bool Follows(Leader leader)
    {
        if (_follows || !_stands() || (leader.NodeId == _self.NodeId && leader.Incarnation == _self.Incarnation))
            return false;
        return _follows = true;
    }

    private IEnumerable<Action> CallbacksFor(ElectionChange change)
    {
        switch (change)
        {
            case ElectionChange.BecameLeader won:
                _follows = false;
                yield return () => _callbacks.BecameLeader?.Invoke(won.Leadership);
                break;
            case ElectionChange.LostLeadership lost:
                yield return () => _callbacks.LostLeadership?.Invoke(lost.Leadership, lost.Reason);
                break;
            case ElectionChange.NewLeader seen:
                yield return () => _callbacks.NewLeader?.Invoke(seen.Leader);
                if (Follows(seen.Leader))
                    yield return () => _callbacks.BecameFollower?.Invoke(seen.Leader);
                break;
            case ElectionChange.LeaderAgain again when Follows(again.Leader):
                yield return () => _callbacks.BecameFollower?.Invoke(again.Leader);
                break;
            case ElectionChange.Leaderless:
                _follows = false;
                break;
        }
    }
}
