namespace AspireElection.Tests.Core;

public sealed class FencingTokenTests
{
    [Theory]
    [InlineData(0, 0, 1_000, 1_000)]
    [InlineData(2_000, 0, 1_000, 2_001)]
    [InlineData(0, 3_000, 1_000, 3_001)]
    [InlineData(1_000, 0, 1_000, 1_001)]
    [InlineData(1_000, 0, 1L << 53, 1_001)]
    public void Is_above_what_was_stored_and_seen_and_not_below_the_servers_time(long stored, long seen, long now, long next) =>
        Assert.Equal(next, FencingToken.Next(stored, seen, now));

    [Fact]
    public void Microseconds_since_1970_stay_below_two_to_the_53_for_two_centuries() =>
        Assert.True((new DateTimeOffset(2250, 1, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch).TotalMicroseconds < FencingToken.Max);
}
