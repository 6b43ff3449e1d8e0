using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection;

/// <summary>Whether the store answers: one log line when an outage begins, one each minute, one when it ends.</summary>
internal sealed class StoreHealth(string election, string store, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(1);

    private long _lastReached = clock.GetTimestamp();
    private long _nextReminder;
    private string? _trouble;

    /// <summary>What is wrong, in one line; null while the store answers.</summary>
    public string? Trouble
    {
        get
        {
            lock (this)
                return _trouble;
        }
    }

    /// <summary>How long the store has not answered; zero while it does.</summary>
    public TimeSpan Outage
    {
        get
        {
            lock (this)
                return _trouble is null ? TimeSpan.Zero : clock.GetElapsedTime(_lastReached);
        }
    }

    public void Reached()
    {
        lock (this)
        {
            if (_trouble is not null)
            {
                _trouble = null;
                ElectionLog.StoreIsBack(logger, store, election, clock.GetElapsedTime(_lastReached).TotalSeconds);
            }

            _lastReached = clock.GetTimestamp();
        }
    }

    public void Failed(Exception exception)
    {
        lock (this)
        {
            var first = _trouble is null;
            _trouble = Describe(exception);
            if (!first && clock.GetTimestamp() < _nextReminder)
                return;
            _nextReminder = clock.After(Reminder);
            if (first)
                ElectionLog.StoreIsAway(logger, store, election, _trouble);
            else
                ElectionLog.StoreIsStillAway(logger, store, election, clock.GetElapsedTime(_lastReached).TotalSeconds, _trouble);
        }
    }

    private string Describe(Exception exception) => exception switch
    {
        StoreUnavailableException => exception.Message,
        TimeoutException or OperationCanceledException => $"{store} did not answer in time.",
        _ => $"{store}: {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}",
    };
}
