using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>A server that loses its data, its line or its members.</summary>
public sealed class LossTests(EtcdServer server) : EtcdTests(server)
{
    [Fact]
    public async Task Over_a_restart_into_nothing_tokens_grow_and_who_was_told_an_end_keeps_to_it()
    {
        var lease = TimeSpan.FromSeconds(5);
        await using var own = new EtcdServer();
        await own.StartAsync();
        var one = Store(own.ConnectionString);
        var before = await Acquire(one, Stand("node-1", lease));
        var two = Store(own.ConnectionString);
        Assert.NotNull((await SightedAsync(two, s => s.Leader is not null)).Leader);

        await own.RestartAsync(keepData: false);
        var after = await Acquire(two, Stand("node-2", lease));
        Assert.True(Between(before.AnchoredAt, after.AnchoredAt) >= lease - TimeSpan.FromMilliseconds(2), "the seat was taken before the end that was told");
        Assert.True(after.Term.Token > before.Term.Token);
        Assert.Equal(RenewAnswer.Lost, await one.RenewAsync(before.Term, lease, Ending));
    }

    [Fact]
    public async Task Over_a_lost_record_a_candidate_that_saw_the_term_gets_a_higher_token()
    {
        var store = Store();
        var remembering = Stand("node-1");
        remembering.SawToken(FencingToken.Max / 2);
        var before = await Acquire(store, remembering);
        await store.ReleaseAsync(before.Term, Ending);
        await EtcdFacts.DeleteAsync(Admin, EtcdKeys.Term(Election));
        var next = Stand("node-2");
        next.SawToken(before.Term.Token);
        Assert.True((await Acquire(store, next)).Term.Token > before.Term.Token);
    }

    [Fact]
    public async Task A_term_outlives_a_server_that_is_killed_and_started_again()
    {
        await using var own = new EtcdServer();
        await own.StartAsync();
        var doubts = 0;
        var store = Store(own.ConnectionString);
        var grant = await Acquire(store, Stand("node-1", renewNow: () => Interlocked.Increment(ref doubts)));
        own.Kill();
        await own.RestartAsync(keepData: true);
        await Until(async () => await AnswerAsync(store, grant.Term) == RenewAnswer.Renewed, "the term is renewed on the server that is back");
        await Until(() => Task.FromResult(Volatile.Read(ref doubts) > 0), "the leader renews at once when the line is back");
    }

    [Fact]
    public async Task The_next_endpoint_is_asked_where_one_refuses_and_where_one_hangs()
    {
        await using var mute = new LoopbackListener(_ => Task.Delay(Timeout.Infinite));
        var away = "http://127.0.0.1:1";
        foreach (var bad in (string[])[away, $"http://127.0.0.1:{mute.Port}"])
        {
            var lease = TimeSpan.FromSeconds(3);
            var store = Store($"{bad},{Server.ConnectionString}");
            var candidacy = Stand("node-1", lease);
            var grant = await Acquire(store, candidacy);
            Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, lease, Ending));
            await store.ReleaseAsync(grant.Term, Ending);
        }
    }

    [Fact]
    public async Task Of_a_cluster_of_three_the_leader_may_be_killed()
    {
        var lease = TimeSpan.FromSeconds(3);
        var members = EtcdServer.Cluster(3);
        try
        {
            await Task.WhenAll(members.Select(m => m.StartAsync()));
            var addresses = string.Join(',', members.Select(m => m.ConnectionString));
            await using var leader = new Candidate(Election, Store(addresses), new ElectionOptions { NodeId = "n1", LeaseDuration = lease });
            await using var held = await leader.CampaignAsync().WaitAsync(Bound);
            await using var follower = new Candidate(Election, Store(addresses), new ElectionOptions { NodeId = "n2", LeaseDuration = lease });
            await follower.StartAsync();
            await Until(() => Task.FromResult(follower.Leader is not null), "it follows");

            (await LeaderOfAsync(members)).Kill();
            await Task.Delay(lease * 2);
            Assert.True(held.IsTrusted, "the term goes on over a change of etcd's own leader");
            Assert.False(follower.IsLeader);
            await leader.ResignAsync().WaitAsync(Bound);
            await follower.CampaignAsync().WaitAsync(Bound);
        }
        finally
        {
            foreach (var member in members)
                await member.DisposeAsync();
        }
    }

    private static async Task<EtcdServer> LeaderOfAsync(IReadOnlyList<EtcdServer> members)
    {
        foreach (var member in members)
        {
            using var calls = Calls(member.ConnectionString);
            var status = await calls.AskAsync("maintenance/status", [], EtcdCalls.LongestWait, default);
            if (status.Json.GetProperty("leader").GetString() == status.Json.GetProperty("header").GetProperty("member_id").GetString())
                return member;
        }

        throw new InvalidOperationException("No member leads.");
    }

    private async Task<RenewAnswer?> AnswerAsync(EtcdStore store, Term term)
    {
        try
        {
            return await store.RenewAsync(term, TimeSpan.FromMinutes(1), Ending);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
