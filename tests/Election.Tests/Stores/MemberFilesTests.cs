using AspireElection.Stores.Files;
using AspireElection.Tests.Simulation;

namespace AspireElection.Stores;

/// <summary>Since when a member in a folder is silent, as another process counts it.</summary>
public sealed class MemberFilesTests : FolderFixture
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(0, 4)]
    // A clock that is ahead says nothing: it counts from the look that found the heartbeat.
    [InlineData(5, 10)]
    // One that is behind is believed as far as the look before it.
    [InlineData(-5, 1)]
    public async Task Each_list_is_a_look_and_silence_is_counted_from_the_heartbeat_and_not_from_the_first_removal(int hoursAhead, int countedFrom)
    {
        var (clock, own) = (new SimulatedClock(), new SimulatedClock { WallOffset = TimeSpan.FromHours(hoursAhead) });
        var (looking, dying) = (NewStore(clock), NewStore(own));
        await BeatAsync(dying, "dying");
        await AtAsync(1, () => BeatAsync(looking, "alive"));
        await AtAsync(4, () => BeatAsync(dying, "dying"));
        await AtAsync(10, () => BeatAsync(looking, "alive"));
        await AtAsync(20, () => BeatAsync(looking, "alive"));
        await AtAsync(countedFrom + 30, async () => Assert.Equal(0, await looking.RemoveStaleAsync("jobs", s_timeout, default)));
        await AtAsync(countedFrom + 30.01, async () => Assert.Equal(1, await looking.RemoveStaleAsync("jobs", s_timeout, default)));
        Assert.Equal("alive", Assert.Single(await looking.ListAsync("jobs", default)).Id.NodeId);

        async Task AtAsync(double second, Func<Task> then)
        {
            clock.MoveTo((long)(second * TimeSpan.TicksPerSecond));
            own.MoveTo(clock.Now);
            await then();
        }
    }

    private static async Task BeatAsync(FileStore store, string node) =>
        await store.HeartbeatAsync(new Member("jobs", new CandidateId(node, "x"), Role.Follower, 0, null, 0), default);
}
