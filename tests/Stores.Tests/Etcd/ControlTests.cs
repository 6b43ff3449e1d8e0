using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>An election is the same one for <c>etcdctl elect</c>.</summary>
public sealed class ControlTests(EtcdServer server) : EtcdTests(server)
{
    [Fact]
    public async Task An_election_held_by_etcdctl_is_respected_and_its_holder_is_shown()
    {
        await using var foreign = new EtcdControl(Server, Election, "their-node");
        await Until(() => Task.FromResult(foreign.Lines.Count == 2), "etcdctl leads");
        var store = Store();
        var waiting = Campaign(store, Stand("node-1", TimeSpan.FromSeconds(2)));
        await UntilInLine(2);
        var seen = await SightedAsync(store, s => s.Leader is not null);
        Assert.Equal("their-node", seen.Leader!.NodeId);
        Assert.Null(seen.Leader.Address);
        Assert.Empty(seen.Leader.Incarnation);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(waiting.IsCompleted, "the seat was taken from etcdctl");

        var resigned = BootClock.Instance.GetTimestamp();
        await foreign.ResignAsync();
        var grant = await waiting.WaitAsync(Bound);
        Assert.True(grant.AnchoredAt >= resigned);
        Assert.True(grant.Term.Token > seen.Leader.Term, "the token is above what the foreign leader was shown with");
        await SightedAsync(store, s => s.Leader?.Term == grant.Term.Token);
    }

    [Fact]
    public async Task An_election_held_here_is_respected_by_etcdctl_which_leads_after_it()
    {
        var store = Store();
        var held = await Acquire(store, Stand("node-1"));
        await using var listening = new EtcdControl(Server, Election, value: null);
        await using var foreign = new EtcdControl(Server, Election, "their-node");
        await UntilInLine(2);
        var behind = Campaign(store, Stand("node-2", priority: 9));
        await UntilInLine(3);
        await Until(() => Task.FromResult(listening.Lines.Any(l => l.Contains("\"node-1\"", StringComparison.Ordinal))), "etcdctl shows who leads");
        Assert.Empty(foreign.Lines);

        await store.ReleaseAsync(held.Term, Ending);
        await Until(() => Task.FromResult(foreign.Lines.Contains("their-node")), "etcdctl leads");
        Assert.False(behind.IsCompleted, "a foreign candidate lost its turn");
        await foreign.ResignAsync();
        await behind.WaitAsync(Bound);
    }

    [Fact]
    public async Task A_worker_behind_etcdctl_names_it_on_its_page()
    {
        await using var foreign = new EtcdControl(Server, Election, "host-7:foreign");
        await Until(() => Task.FromResult(foreign.Lines.Count == 2), "etcdctl leads");
        await using var worker = await WorkerInProcess.StartAsync(
            $"--store etcd --node-id n1 --lease-duration 2s --lock-name {Election}", $"ConnectionStrings__etcd={Server.ConnectionString}");
        await WorkerInProcess.UntilAsync(
            async () => (await worker.GetAsync("/")).Text == "I am a follower and the leader is host-7:foreign", "the page names the foreign leader");
        var leader = (await worker.JsonAsync("/election"))[0].GetProperty("leader");
        Assert.Equal(System.Text.Json.JsonValueKind.Null, leader.GetProperty("address").ValueKind);
        await foreign.ResignAsync();
        await worker.LeadsAsync();
    }
}
