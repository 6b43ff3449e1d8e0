using AspireElection.Fencing;
using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A primary with a replica that is promoted: what is promised with confirmation, and what without.</summary>
public sealed class ReplicaTests(RedisServer server) : RedisTests(server)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private readonly RedisServer _replica = new();
    private IDatabase _replicaAdmin = null!;
    private MovableAddress _address = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await _replica.StartAsync();
        _replicaAdmin = (await ConnectAsync(_replica.ConnectionString)).GetDatabase();
        // One address, one password: the clients cannot tell which of both servers answers.
        await _replicaAdmin.ExecuteAsync("CONFIG", "SET", "requirepass", Server.Password);
        await Admin.ExecuteAsync("CONFIG", "SET", "repl-diskless-sync-delay", 0);
        await FollowAsync();
        _address = new MovableAddress(Server.Port);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _address.DisposeAsync();
        await _replica.DisposeAsync();
    }

    /// <summary>As a candidate does: on a busy machine the replica may be too late for the first try.</summary>
    private async Task<Grant> AcquireConfirmed(RedisStore store, Candidacy candidacy)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await Acquire(store, candidacy);
            }
            catch (StoreUnavailableException) when (attempt < 20)
            {
                // Unconfirmed: it was given back, and is tried again.
            }
        }
    }

    [Fact]
    public async Task With_confirmation_a_promoted_replica_elects_nobody_before_the_end_of_a_confirmed_term()
    {
        var one = await StoreAsync(confirmByReplicas: 1);
        var first = await AcquireConfirmed(one, Stand("node-1", Lease));
        var renewedAt = BootClock.Instance.GetTimestamp();
        Assert.Equal(RenewAnswer.Renewed, await one.RenewAsync(first.Term, Lease, Ending));

        await PromoteAsync();
        var second = await Acquire(await StoreAsync(confirmByReplicas: 0), Stand("node-2", Lease));

        Assert.True(second.AnchoredAt >= renewedAt + (Lease - TimeSpan.FromMilliseconds(2)).ToTicksOf(BootClock.Instance), "two led");
        Assert.True(second.Term.Token > first.Term.Token);
    }

    [Fact]
    public async Task With_confirmation_a_term_that_no_replica_has_is_not_granted_and_is_given_back()
    {
        var one = await StoreAsync(confirmByReplicas: 1);
        await CutReplicaAsync();

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(one, Stand("node-1", Lease * 6)));

        Assert.StartsWith($"redis 127.0.0.1:{_address.Port} ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("0 of 1 replicas", refused.Message, StringComparison.Ordinal);
        Assert.False(await Admin.KeyExistsAsync(Key("seat")), "the unconfirmed term keeps the seat");
        await FollowAsync();
        await Acquire(one, Stand("node-1", Lease));
    }

    [Fact]
    public async Task With_confirmation_a_renewal_that_no_replica_has_is_unknown()
    {
        var one = await StoreAsync(confirmByReplicas: 1);
        var grant = await AcquireConfirmed(one, Stand("node-1"));
        await CutReplicaAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => one.RenewAsync(grant.Term, Lease, Ending).AsTask());
        await FollowAsync();
        Assert.Equal(RenewAnswer.Renewed, await one.RenewAsync(grant.Term, Lease, Ending));
    }

    [Fact]
    public async Task With_confirmation_every_replica_counts_and_one_that_was_not_told_of_as_well()
    {
        await using var second = new RedisServer();
        await second.StartAsync();
        var admin = (await ConnectAsync(second.ConnectionString)).GetDatabase();
        await FollowAsync(admin);
        var two = await StoreAsync(confirmByReplicas: 2);
        var grant = await Acquire(two, Stand("node-1"));

        second.Freeze();
        var told = await Assert.ThrowsAsync<StoreUnavailableException>(() => two.RenewAsync(grant.Term, Lease * 6, Ending).AsTask());
        Assert.Contains("1 of 2 replicas", told.Message, StringComparison.Ordinal);
        var one = await StoreAsync(confirmByReplicas: 1);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => one.RenewAsync(grant.Term, Lease, Ending).AsTask());
        second.Continue();
        await Until(async () => await RenewsAsync(one, grant.Term), "both have it");
    }

    [Fact]
    public async Task With_confirmation_a_renewal_that_the_promoted_server_never_saw_is_not_confirmed_by_its_replicas()
    {
        var one = await StoreAsync(confirmByReplicas: 1);
        var grant = await AcquireConfirmed(one, Stand("node-1"));
        var primary = (string)(await Admin.ExecuteAsync("INFO", "replication"))!;
        var confirmation = new ReplicaConfirmation(
            new RedisCalls(await ConnectAsync(AddressOf(_address)), BootClock.Instance), BootClock.Instance, 0);
        await PromoteAsync();
        // The renewal was answered by the old server, and the question for its replicas goes to the new one.
        var history = ReplicationState.Parse(primary).History;
        await Until(async () => await AnswersAsync(confirmation), "the client found the promoted server");
        var doubted = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => confirmation.ConfirmAsync(history, Lease, Ending).AsTask());
        Assert.Contains("replaced", doubted.Message, StringComparison.Ordinal);
        Assert.NotNull(grant);
    }

    [Fact]
    public async Task With_confirmation_renewals_of_many_elections_share_one_wait()
    {
        // As in a host: one client, and a store for each election.
        var connection = await ConnectAsync(AddressOf(_address));
        var stores = Enumerable.Range(0, 100).Select(_ => new RedisStore(connection, BootClock.Instance, confirmByReplicas: 1)).ToArray();
        Array.ForEach(stores, Keep);
        var grants = await Task.WhenAll(stores.Select((store, i) => store.AcquireAsync(
            new Candidacy($"{Election}-{i}", new CandidateId("node", "x"), TimeSpan.FromMinutes(1)), Ending).AsTask()));
        await ForgetRequestsAsync();
        var answers = await Task.WhenAll(stores.Select((store, i) => store.RenewAsync(grants[i].Term, TimeSpan.FromMinutes(1), Ending).AsTask()));
        Assert.All(answers, a => Assert.Equal(RenewAnswer.Renewed, a));
        Assert.InRange(await RequestsAsync("wait"), 1, 50);
    }

    [Fact]
    public async Task Without_confirmation_a_term_that_the_promoted_replica_never_saw_is_told_to_be_lost_and_fenced()
    {
        var doubted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var one = await StoreAsync(confirmByReplicas: 0);
        await TeachScriptsAsync(one);
        await CutReplicaAsync();
        var first = await AcquireConfirmed(one, Stand("node-1", renewNow: () => doubted.TrySetResult()));

        await PromoteAsync();
        var second = await Acquire(await StoreAsync(confirmByReplicas: 0), Stand("node-2"));

        await doubted.Task.WaitAsync(Bound);
        await Until(async () => await IsLostAsync(one, first.Term), "the promoted server says that the term is lost");
        Assert.True(second.Term.Token > first.Term.Token);
        await Assert.ThrowsAsync<StaleTermException>(
            () => RedisFence.SetAsync(_replicaAdmin, first.Term, Key("cache"), "stale"));
    }

    [Fact]
    public async Task A_server_that_becomes_a_read_only_replica_leaves_renewals_unknown_and_goes_on_when_turned_back()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var admin = (await ConnectAsync(own.ConnectionString)).GetDatabase();
        var store = Store(await ConnectAsync(own.ConnectionString));
        var grant = await Acquire(store, Stand("node-1"));
        // Nobody is there for it to follow: it keeps its data and refuses writes.
        await admin.ExecuteAsync("REPLICAOF", "127.0.0.1", 1);
        var unknown = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending).AsTask());
        Assert.Contains("replica", unknown.Message, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("node-2", Lease)));
        Assert.Contains("replica", refused.Message, StringComparison.Ordinal);

        await admin.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await Until(async () => await RenewsAsync(store, grant.Term), "it renews again");
    }

    [Fact]
    public async Task Candidates_wait_for_a_read_only_replica_and_elect_on_it_when_it_is_promoted()
    {
        await using var candidate = new Candidate(
            Election, Store(await ConnectAsync(AddressOf(_replica.Port))), new ElectionOptions { NodeId = "node-1", LeaseDuration = Lease });
        await candidate.StartAsync();
        await Until(() => Task.FromResult(candidate.StoreTrouble is not null), "it is refused");
        Assert.False(candidate.IsLeader);
        Assert.Contains("replica", candidate.StoreTrouble, StringComparison.Ordinal);
        await _replicaAdmin.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await Until(() => Task.FromResult(candidate.IsLeader), "it leads on the promoted server");
    }

    private async Task<RedisStore> StoreAsync(int confirmByReplicas)
    {
        var store = new RedisStore(await ConnectAsync(AddressOf(_address)), BootClock.Instance, confirmByReplicas);
        Keep(store);
        return store;
    }

    private string AddressOf(MovableAddress address) => AddressOf(address.Port);

    private string AddressOf(int port) => $"127.0.0.1:{port},password={Server.Password},abortConnect=false,connectTimeout=1000";

    private Task FollowAsync() => FollowAsync(_replicaAdmin);

    private async Task FollowAsync(IDatabase replica)
    {
        await replica.ExecuteAsync("CONFIG", "SET", "masterauth", Server.Password);
        await replica.ExecuteAsync("REPLICAOF", "127.0.0.1", Server.Port);
        await Until(
            async () => ((string)(await replica.ExecuteAsync("INFO", "replication"))!).Contains("master_link_status:up", StringComparison.Ordinal),
            "the replica follows");
        await Until(
            async () => !((string)(await Admin.ExecuteAsync("INFO", "replication"))!).Contains("state=wait", StringComparison.Ordinal)
                && !((string)(await Admin.ExecuteAsync("INFO", "replication"))!).Contains("state=send", StringComparison.Ordinal),
            "the primary has heard from it");
    }

    /// <summary>The replica stays one, and what the primary writes from now on does not reach it.</summary>
    private async Task CutReplicaAsync()
    {
        await _replicaAdmin.ExecuteAsync("CONFIG", "SET", "masterauth", "not-the-password");
        await _replicaAdmin.ExecuteAsync("CLIENT", "KILL", "TYPE", "master");
        await Until(
            async () => ((string)(await Admin.ExecuteAsync("INFO", "replication"))!).Contains("connected_slaves:0", StringComparison.Ordinal),
            "the primary is without its replica");
    }

    /// <summary>The primary is lost to all, and its replica takes its place.</summary>
    private async Task PromoteAsync()
    {
        await _replicaAdmin.ExecuteAsync("REPLICAOF", "NO", "ONE");
        _address.MoveTo(_replica.Port);
    }

    private static async Task<bool> AnswersAsync(ReplicaConfirmation confirmation)
    {
        try
        {
            confirmation.ConnectionBroke();
            return (await confirmation.HistoryAsync(Lease, default)).Length > 0;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    private async Task<bool> RenewsAsync(RedisStore store, Term term) =>
        await AnswerAsync(store, term) == RenewAnswer.Renewed;

    private async Task<bool> IsLostAsync(RedisStore store, Term term) =>
        await AnswerAsync(store, term) == RenewAnswer.Lost;

    private async Task<RenewAnswer?> AnswerAsync(RedisStore store, Term term)
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
