using AspireElection.Timing;

namespace AspireElection.Stores;

/// <summary>A clock of another process: its timestamps begin elsewhere, and its wall clock is wrong.</summary>
internal sealed class OffsetClock(TimeSpan timestamps, TimeSpan wall) : TimeProvider
{
    public override long TimestampFrequency => BootClock.Instance.TimestampFrequency;

    public override long GetTimestamp() => BootClock.Instance.After(timestamps);

    public override DateTimeOffset GetUtcNow() => BootClock.Instance.GetUtcNow() + wall;
}
