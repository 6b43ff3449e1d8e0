using System.Runtime.CompilerServices;

namespace AspireElection.Timing;

/// <summary>
/// All waits of one clock, on one timer. A timer for each, set anew after each slice, was forty thousand of them a second
/// for ten thousand elections at rest.
/// </summary>
/// <remarks>
/// It looks at the clock when the first wait is over, and at least as often as the shortest slice of anybody says: the
/// timer below stands still in a suspend, the clock does not. Who waits goes on in its own context, or on the pool; the
/// end of trust does not depend on it (<see cref="DeadlineThread"/>).
/// </remarks>
internal sealed class Ticker
{
    private static readonly ConditionalWeakTable<TimeProvider, Ticker> OfClocks = [];

    private readonly TimeProvider _clock;
    private readonly WaitingLine _line = new();
    private ITimer? _timer;
    private TimeSpan _slice = TimeSpan.FromSeconds(1);
    private long _looksAt = long.MaxValue;

    private Ticker(TimeProvider clock)
    {
        _clock = clock;
        Walls = new ClockWatch(clock);
    }

    /// <summary>Guards all waits of the clock.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Who wants to know when the wall clock is stepped: looked at with each look at the clock.</summary>
    public ClockWatch Walls { get; }

    /// <summary>The one of a clock.</summary>
    public static Ticker Of(TimeProvider clock) => OfClocks.GetValue(clock, static c => new Ticker(c));

    /// <summary>The same, which from now on looks at the clock at least once in a slice.</summary>
    public static Ticker Of(TimeProvider clock, TimeSpan slice)
    {
        var ticker = Of(clock);
        lock (ticker.Gate)
        {
            if (slice < ticker._slice)
                ticker._slice = slice;
        }

        return ticker;
    }

    /// <summary>Whether the clock has reached the timestamp.</summary>
    public bool HasCome(long timestamp) => _clock.GetTimestamp() >= timestamp;

    /// <summary>Somebody begins to wait; under the gate.</summary>
    public void Begin(Sleeper sleeper, long due)
    {
        sleeper.Due = due;
        _line.Add(sleeper);
        if (due < _looksAt)
            LookAtFirst();
    }

    /// <summary>Somebody waits no more; under the gate.</summary>
    public void Leave(Sleeper sleeper) => _line.Remove(sleeper);

    private void Look()
    {
        List<Sleeper>? over = null;
        lock (Gate)
        {
            _looksAt = long.MaxValue;
            while (_line.First is { } first && HasCome(first.Due))
            {
                _line.Remove(first);
                (over ??= []).Add(first);
            }

            if (_line.First is not null)
                LookAtFirst();
        }

        foreach (var sleeper in over ?? [])
            sleeper.End(false);
        Walls.Look();
    }

    private void LookAtFirst()
    {
        var left = _clock.Until(_line.First!.Due);
        var sleep = (left < _slice ? left : _slice).ForTimer();
        _looksAt = _clock.After(sleep);
        _timer ??= _clock.CreateTimer(static ticker => ((Ticker)ticker!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(sleep, Timeout.InfiniteTimeSpan);
    }
}
