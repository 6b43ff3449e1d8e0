using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>Those who wait ask little.</summary>
public sealed class IdleTests(EtcdServer server, ITestOutputHelper output) : EtcdTests(server)
{
    [Fact]
    public async Task An_idle_follower_sends_three_requests_a_lease_at_most_its_presence_included()
    {
        const int Leases = 6;
        var lease = TimeSpan.FromSeconds(2);
        await using var leader = new Candidate(Election, Store(), new ElectionOptions { NodeId = "leader", LeaseDuration = lease });
        await leader.CampaignAsync().WaitAsync(Bound);
        await using var line = new CountingLine(Server.Port);
        await using var follower = new Candidate(
            Election, Store($"http://127.0.0.1:{line.Port}"), new ElectionOptions { NodeId = "follower", LeaseDuration = lease });
        await follower.StartAsync();
        await UntilInLine(2);
        await Until(() => Task.FromResult(follower.Members.Count == 2 && follower.Leader is not null), "it follows");
        // Its second heartbeat comes at a random instant of its period.
        await Task.Delay(lease);
        // A machine that stalls makes the follower look once more. What it does at rest shows in one window of three.
        var rate = double.MaxValue;
        for (var window = 0; window < 3 && rate > 3; window++)
        {
            var (before, started) = (line.Trips, BootClock.Instance.GetTimestamp());
            await Task.Delay(lease * Leases);
            var leases = BootClock.Instance.GetElapsedTime(started) / lease;
            rate = (line.Trips - before) / leases;
            output.WriteLine($"{line.Trips - before} requests in {leases:0.00} leases: {rate:0.00} a lease");
        }

        Assert.True(rate <= 3, $"{rate:0.00} requests a lease in the last of three windows");
        Assert.True(leader.IsLeader);
        Assert.Equal("leader", follower.Leader?.NodeId);
    }

    [Fact]
    public async Task A_process_watches_the_terms_of_all_its_elections_over_one_stream()
    {
        await using var line = new CountingLine(Server.Port);
        var store = Store($"http://127.0.0.1:{line.Port}");
        List<IAsyncEnumerator<Sighting>> watching = [];
        for (var i = 0; i < 5; i++)
        {
            watching.Add(store.ObserveAsync($"{Election}-{i}", Ending).GetAsyncEnumerator());
            Assert.True(await watching[i].MoveNextAsync().AsTask().WaitAsync(Bound));
        }

        // A look for each, and one watch.
        Assert.Equal(6, line.Trips);
        foreach (var observer in watching)
        {
            var next = observer.MoveNextAsync().AsTask();
            await Store().AcquireAsync(new Candidacy($"{Election}-{watching.IndexOf(observer)}", new CandidateId("n", Guid.NewGuid().ToString("N")), TimeSpan.FromMinutes(1)), Ending);
            Assert.True(await next.WaitAsync(Bound));
            Assert.Equal("n", observer.Current.Leader?.NodeId);
        }

        Assert.Equal(6, line.Trips);
    }
}
