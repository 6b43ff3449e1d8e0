using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <summary>Restarts, eligibility, lost majorities and onlookers, with the peers in this process.</summary>
public sealed class PeersTests
{
    private const string Election = "e";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Restarted_peers_know_the_ledger_and_take_no_leader_before_the_lease_that_they_promised_is_over()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var before = await Acquire(peers.Stores[0], "p1");
        await peers.Stores[0].WriteAsync(before.Term, "key", "value", default);
        var stopped = BootClock.Instance.GetTimestamp();
        await peers.RestartAsync();
        var after = await Acquire(peers.Stores[1], "p2");
        Assert.True(after.Term.Token > before.Term.Token);
        Assert.True(after.AnchoredAt >= stopped + Lease.ToTicksOf(BootClock.Instance), "it led within the lease that a restarted peer had promised");
        Assert.Equal("value", (await peers.Stores[2].ReadAsync(Election, "key", default))["key"]);
        await Assert.ThrowsAsync<StaleTermException>(() => peers.Stores[0].WriteAsync(before.Term, "key", "stale", default).AsTask());
    }

    [Fact]
    public async Task Tokens_grow_although_every_data_folder_was_lost()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var before = await Acquire(peers.Stores[0], "p1");
        await peers.RestartAsync(wiped: true);
        Assert.True((await Acquire(peers.Stores[1], "p2")).Term.Token > before.Term.Token);
    }

    [Fact]
    public async Task Of_many_writes_the_log_keeps_a_snapshot_and_the_newest_and_restores_all()
    {
        await using var peers = await PeersInProcess.StartAsync(1);
        var grant = await Acquire(peers.Stores[0], "p1", TimeSpan.FromSeconds(60));
        for (var write = 0; write < 1200; write++)
            await peers.Stores[0].WriteAsync(grant.Term, $"key-{write % 10}", $"{write}", default);
        var log = Directory.GetFiles(peers.Folder, "log", SearchOption.AllDirectories).Single();
        Assert.InRange(new FileInfo(log).Length, 1, 200_000);
        await peers.Stores[0].ReleaseAsync(grant.Term, default);
        await peers.RestartAsync();
        await Acquire(peers.Stores[0], "p1", TimeSpan.FromSeconds(60));
        Assert.Equal("1199", (await peers.Stores[0].ReadAsync(Election, "key-9", default))["key-9"]);
    }

    [Fact]
    public async Task Without_a_majority_every_call_says_so_and_with_it_they_go_on()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var grant = await Acquire(peers.Stores[0], "p1");
        peers.Stores[0].IsCut = static () => true;
        using (var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(100)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => peers.Stores[0].RenewAsync(grant.Term, Lease, limit.Token).AsTask());
        var self = new Member(Election, grant.Term.Candidate, Role.Leader, 0, null, 1);
        var none = await Assert.ThrowsAsync<StoreUnavailableException>(() => peers.Stores[0].HeartbeatAsync(self, default).AsTask());
        Assert.StartsWith("quorum: no majority: 1 of 3 peers reachable (p2, p3", none.Message, StringComparison.Ordinal);
        var next = await Acquire(peers.Stores[1], "p2");
        peers.Stores[0].IsCut = static () => false;
        await peers.Stores[0].HeartbeatAsync(self, default).AsTask().WaitAsync(Bound);
        Assert.Equal(RenewAnswer.Lost, await peers.Stores[0].RenewAsync(grant.Term, Lease, default).AsTask().WaitAsync(Bound));
        Assert.Equal(RenewAnswer.Renewed, await peers.Stores[1].RenewAsync(next.Term, Lease, default).AsTask().WaitAsync(Bound));
    }

    [Fact]
    public async Task Who_is_not_eligible_is_not_granted_the_seat_until_the_leader_makes_it_so()
    {
        await using var peers = await PeersInProcess.StartAsync(3, "p1");
        var waiting = peers.Stores[1].AcquireAsync(Stand("p2", Lease), default).AsTask();
        var grant = await Acquire(peers.Stores[0], "p1", TimeSpan.FromSeconds(60));
        await peers.Stores[2].MakeEligibleAsync(Election, "p2", default).WaitAsync(Bound);
        await Assert.ThrowsAsync<ArgumentException>(() => peers.Stores[2].MakeEligibleAsync(Election, "nobody", default));
        Assert.False(waiting.IsCompleted);
        await peers.Stores[0].ReleaseAsync(grant.Term, default);
        Assert.Equal("p2", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task An_onlooker_with_the_key_sees_leader_members_and_ledger()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        await using var client = peers.Client();
        var grant = await Acquire(peers.Stores[0], "p1", TimeSpan.FromSeconds(60));
        await peers.Stores[0].WriteAsync(grant.Term, "key", "value", default);
        await peers.Stores[0].HeartbeatAsync(new Member(Election, grant.Term.Candidate, Role.Leader, 0, null, 1), default);
        await using var sightings = client.ObserveAsync(Election, default).GetAsyncEnumerator();
        Assert.True(await sightings.MoveNextAsync().AsTask().WaitAsync(Bound));
        Assert.Equal(grant.Term.Token, sightings.Current.Leader?.Term);
        Assert.Equal("value", (await client.ReadAsync(Election, "k", default))["key"]);
        Assert.Equal("p1", Assert.Single(await client.ListAsync(Election, default)).Id.NodeId);
        Assert.Empty(await client.ListAsync("nobody-takes-part", default));
        Assert.Empty(await client.ReadLogAsync("nobody-takes-part", "log", default));
        await peers.Stores[0].ReleaseAsync(grant.Term, default);
        Assert.True(await sightings.MoveNextAsync().AsTask().WaitAsync(Bound));
        Assert.True(sightings.Current.Released);
        Assert.Equal("value", (await client.ReadAsync(Election, "k", default))["key"]);
    }

    // What was sent at a release was lost on the way to both others, as where no thread gets round to it for a second; it was said once.
    [Fact]
    public async Task A_release_that_nobody_heard_costs_no_lease()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var grant = await Acquire(peers.Stores[0], "p1", TimeSpan.FromSeconds(60));
        foreach (var other in peers.Stores.Skip(1))
            other.IsCut = static () => true;
        await peers.Stores[0].ReleaseAsync(grant.Term, default).AsTask().WaitAsync(Bound);
        foreach (var other in peers.Stores.Skip(1))
            other.IsCut = static () => false;
        var next = await Acquire(peers.Stores[0], "p1", TimeSpan.FromSeconds(60));
        Assert.True(next.Term.Token > grant.Term.Token);
    }

    private static Candidacy Stand(string node, TimeSpan lease) => new(Election, new CandidateId(node, Guid.NewGuid().ToString("N")), lease);

    private static Task<Grant> Acquire(QuorumStore store, string node, TimeSpan? lease = null) =>
        store.AcquireAsync(Stand(node, lease ?? Lease), default).AsTask().WaitAsync(Bound);
}
