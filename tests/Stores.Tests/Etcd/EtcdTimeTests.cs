using AspireElection.Stores.Etcd;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>etcd tells the second, the node's clock what is in it, and no more.</summary>
public sealed class EtcdTimeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(-5)]
    public void A_node_whose_clock_is_wrong_by_hours_is_wrong_by_less_than_a_second(int hours)
    {
        var clock = new OffsetClock(TimeSpan.Zero, TimeSpan.FromHours(hours));
        var time = new EtcdTime(clock);
        var real = DateTimeOffset.UtcNow;
        time.Hear(new DateTimeOffset(real.Ticks - real.Ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero));
        var told = DateTimeOffset.FromUnixTimeMilliseconds(time.Microseconds / 1000);
        Assert.InRange(told, real.AddSeconds(-1.01), DateTimeOffset.UtcNow.AddSeconds(1.01));
    }
}
