using AspireElection.Telemetry;
using AspireElection.Timing;

namespace AspireElection;

/// <summary>Whether the store answers: one log line when an outage begins, one each minute, one when it ends.</summary>
internal sealed class StoreHealth(Equipment with)
{
    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(1);

    private long _lastReached = with.Clock.GetTimestamp();
    private long _nextReminder;
    private string? _trouble;

    /// <summary>What is wrong, in one line; null while the store answers.</summary>
    public string? Trouble
    {
        get
        {
            lock (this)
                return _trouble ?? (IsSilent ? $"{Store} has not answered yet." : null);
        }
    }

    /// <summary>How long the store has not answered; zero while it does.</summary>
    public TimeSpan Outage
    {
        get
        {
            lock (this)
                return _trouble is null && !IsSilent ? TimeSpan.Zero : with.Clock.GetElapsedTime(_lastReached);
        }
    }

    /// <summary>
    /// A heartbeat is due each lease at the latest. One to a server that stands still is not answered, which is no failure before its
    /// bound is over: for a second lease everything would look well.
    /// </summary>
    private bool IsSilent => with.Clock.GetElapsedTime(_lastReached) > with.Times.Lease + with.Times.RetryPeriod;

    public void Reached()
    {
        lock (this)
        {
            if (_trouble is not null)
            {
                _trouble = null;
                ElectionLog.StoreIsBack(with.Logger, Store, with.Election, with.Clock.GetElapsedTime(_lastReached).TotalSeconds);
            }

            _lastReached = with.Clock.GetTimestamp();
        }
    }

    public void Failed(Exception exception)
    {
        lock (this)
        {
            var first = _trouble is null;
            _trouble = Describe(exception);
            if (!first && with.Clock.GetTimestamp() < _nextReminder)
                return;
            _nextReminder = with.Clock.After(Reminder);
            if (first)
                ElectionLog.StoreIsAway(with.Logger, Store, with.Election, _trouble);
            else
                ElectionLog.StoreIsStillAway(with.Logger, Store, with.Election, with.Clock.GetElapsedTime(_lastReached).TotalSeconds, _trouble);
        }
    }

    private string Store => with.Store.Kind;

    private string Describe(Exception exception) => exception switch
    {
        StoreUnavailableException => exception.Message,
        TimeoutException or OperationCanceledException => $"{Store} did not answer in time.",
        _ => $"{Store}: {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}",
    };
}
