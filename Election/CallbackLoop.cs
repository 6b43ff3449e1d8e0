using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection;

/// <summary>Calls the user's callbacks one after the other, off the election's own loops.</summary>
internal sealed class CallbackLoop
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly FanOut<ElectionChange>.Subscription _changes;
    private readonly ElectionCallbacks _callbacks;
    private readonly TimeProvider _clock;
    private readonly string _election;
    private readonly ILogger _logger;
    private Task _running = Task.CompletedTask;

    private CallbackLoop(
        FanOut<ElectionChange>.Subscription changes, ElectionCallbacks callbacks, TimeProvider clock, string election, ILogger logger)
    {
        _changes = changes;
        _callbacks = callbacks;
        _clock = clock;
        _election = election;
        _logger = logger;
    }

    /// <summary>Begins; it ends after the last change was told.</summary>
    public static CallbackLoop Start(
        FanOut<ElectionChange>.Subscription changes,
        ElectionCallbacks callbacks,
        ElectionThreads threads,
        TimeProvider clock,
        string election,
        ILogger logger)
    {
        var loop = new CallbackLoop(changes, callbacks, clock, election, logger);
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
            try
            {
                Call(change);
            }
            catch (Exception exception)
            {
                ElectionLog.CallbackFailed(_logger, _election, exception);
            }
        }
    }

    private void Call(ElectionChange change)
    {
        switch (change)
        {
            case ElectionChange.BecameLeader won:
                _callbacks.BecameLeader?.Invoke(won.Leadership);
                break;
            case ElectionChange.LostLeadership lost:
                _callbacks.LostLeadership?.Invoke(lost.Leadership, lost.Reason);
                break;
            case ElectionChange.NewLeader seen:
                _callbacks.NewLeader?.Invoke(seen.Leader);
                break;
        }
    }
}
