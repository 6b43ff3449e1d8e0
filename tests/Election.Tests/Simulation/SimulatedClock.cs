namespace AspireElection.Tests.Simulation;

/// <summary>Time that stands still until the simulation moves it to the next timer.</summary>
internal sealed class SimulatedClock : TimeProvider
{
    private readonly PriorityQueue<SimulatedTimer, (long Due, long Order)> _timers = new();
    private long _order;

    public long Now { get; private set; }

    /// <summary>How far this host's wall clock is off; it must never matter.</summary>
    public TimeSpan WallOffset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(Now) + WallOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time to the next timer and fires it; false when there is none before <paramref name="limit"/>.</summary>
    public bool FireNext(long limit)
    {
        while (_timers.TryPeek(out var timer, out var at))
        {
            if (timer.Order != at.Order)
            {
                _timers.Dequeue();
                continue;
            }

            if (at.Due > limit)
                return false;
            _timers.Dequeue();
            Now = Math.Max(Now, at.Due);
            timer.Fire();
            return true;
        }

        return false;
    }

    /// <summary>Time passes without anybody noticing: a pause of the process, or a suspend of the host.</summary>
    public void Skip(TimeSpan duration) => Now += duration.Ticks;

    public void MoveTo(long timestamp) => Now = Math.Max(Now, timestamp);

    private sealed class SimulatedTimer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long Order { get; private set; } = -1;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Order = -1;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Order = clock._order++;
                clock._timers.Enqueue(this, (clock.Now + dueTime.Ticks, Order));
            }

            return true;
        }

        public void Fire()
        {
            Order = -1;
            callback(state);
            if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero && Order < 0)
                Change(_period, _period);
        }

        public void Dispose() => Order = -1;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
