namespace AspireElection.Stores.Etcd;

/// <summary>
/// The server's time. etcd tells none but the second in the head of each HTTP answer; within that second the node's own
/// clock tells the rest, so that a node whose clock is wrong is wrong by less than one.
/// </summary>
internal sealed class EtcdTime(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _second;
    private long _heardAt;

    public DateTimeOffset Now
    {
        get
        {
            var own = clock.GetUtcNow();
            lock (_gate)
            {
                if (_second is not { } second)
                    return own;
                var earliest = second + clock.GetElapsedTime(_heardAt);
                var latest = earliest + TimeSpan.FromSeconds(1);
                return own < earliest ? earliest : own > latest ? latest : own;
            }
        }
    }

    public long Microseconds => (Now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Hear(DateTimeOffset? date)
    {
        if (date is not { } second)
            return;
        lock (_gate)
            (_second, _heardAt) = (second, clock.GetTimestamp());
    }
}
