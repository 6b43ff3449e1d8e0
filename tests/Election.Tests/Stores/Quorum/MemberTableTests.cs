namespace AspireElection.Stores.Quorum;

/// <summary>Members that are gone are forgotten in the end, however often peers tell each other of them.</summary>
public sealed class MemberTableTests
{
    [Fact]
    public void Peers_that_forget_one_after_the_other_do_not_remind_each_other_for_ever()
    {
        var clock = new SetClock();
        MemberTable[] tables = [new("e", clock), new("e", clock)];
        var gone = new CandidateId("n", "1");
        tables[0].Beat(new Member("e", gone, Role.Follower, 0, null, 0));
        tables[0].Leave(gone);
        tables[1].Merge(tables[0].Rows());
        Assert.True(Assert.Single(tables[1].Rows()).Gone, "who has not heard of it before believes those that have");
        for (var minute = 1; minute <= 40; minute++)
        {
            // One after the other starts anew and is told by the other, which counts from when it was told itself.
            clock.Passed = TimeSpan.FromMinutes(minute);
            tables[minute % 2].Merge(tables[1 - (minute % 2)].Rows());
            if (minute % 5 == 0)
                tables[minute / 5 % 2] = new MemberTable("e", clock);
        }

        Assert.Empty(tables[0].Rows().Concat(tables[1].Rows()));
    }

    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Passed;
    }
}
