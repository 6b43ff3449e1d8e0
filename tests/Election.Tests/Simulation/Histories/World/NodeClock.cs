namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The clocks of one host. The boot clock has a rate and an origin of its own and goes on whatever happens to the host;
/// the wall clock can be stepped; timers do not fire in a pause (they are late) and stand still in a suspend.
/// </summary>
internal sealed class NodeClock(TrueTime time, Host host, NodePlan node, Plan plan) : TimeProvider
{
    private static readonly DateTimeOffset s_epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private long _readAt = -1;
    private long _read;

    /// <summary>How far the wall clock is off.</summary>
    public TimeSpan WallOffset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        if (_readAt != time.Now)
        {
            _readAt = time.Now;
            var passed = plan.Mistake == WorldMistake.ClockStandsStillInASuspend ? time.Now - host.SuspendedFor : time.Now;
            _read = node.Origin + (long)(passed * node.Rate);
        }

        return _read;
    }

    public override DateTimeOffset GetUtcNow() => s_epoch.AddTicks((long)(time.Now * (plan.WallsAgree ? 1 : node.Rate))) + WallOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new NodeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>A duration of this clock in true time.</summary>
    public long InTrueTime(long ticks) => (long)(ticks / node.Rate);

    /// <summary>The system's timers cut a duration to whole milliseconds, and are a little late.</summary>
    private void Arm(NodeTimer timer, TimeSpan dueTime)
    {
        var whole = dueTime.Ticks - dueTime.Ticks % TimeSpan.TicksPerMillisecond;
        timer.SuspendedBefore = host.SuspendedFor;
        timer.Wanted = time.Now + InTrueTime(whole) + host.TimerLateness();
        time.At(timer.Wanted, timer);
    }

    private sealed class NodeTimer(NodeClock clock, TimerCallback callback, object? state) : Occurrence, ITimer
    {
        public long SuspendedBefore { get; set; }

        public long Wanted { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period > TimeSpan.Zero)
                throw new NotSupportedException("Nothing in the core uses a timer with a period.");
            Order = 0;
            if (dueTime != Timeout.InfiniteTimeSpan)
                clock.Arm(this, dueTime);
            return true;
        }

        public override void Happen()
        {
            var host = clock.Host;
            if (host.Defer(this))
                return;
            var slept = host.SuspendedFor - SuspendedBefore;
            if (slept > 0)
            {
                SuspendedBefore += slept;
                clock.Time.At(Wanted += slept, this);
                return;
            }

            host.Run(callback, state);
        }

        public void Dispose() => Order = 0;

        public ValueTask DisposeAsync()
        {
            Order = 0;
            return ValueTask.CompletedTask;
        }
    }

    private Host Host => host;

    private TrueTime Time => time;
}
