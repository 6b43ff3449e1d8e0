using System.Text.Json.Nodes;
using AspireElection.Faults.Harness;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>Who gives its seat back names its successor: when it does, when it must not, and what whoever is named makes of it.</summary>
public sealed class NamingTests(EtcdServer server) : EtcdTests(server)
{
    [Fact]
    public async Task A_release_begins_the_term_of_who_stands_right_behind_in_one_write()
    {
        var leading = Store();
        var held = await Acquire(leading, Stand("leader", priority: 5));
        var waiting = Campaign(Store(), Stand("next"));
        await UntilInLine(2);
        await UntilKnownAsync(leading, 1);
        var before = (await LookAsync()).Revision;
        await leading.ReleaseAsync(held.Term, Ending);
        var grant = await waiting.WaitAsync(Bound);
        // Key, term and fence are of one revision; nothing was written after it.
        var look = await LookAsync();
        Assert.Equal(before + 1, look.Revision);
        Assert.Equal(before + 1, look.TermModified);
        Assert.Equal(("next", grant.Term.Token), (look.Term!.Holder.NodeId, look.Term.Token));
        Assert.True(grant.GivenBack);
        Assert.True(grant.Term.Token > held.Term.Token);
    }

    [Fact]
    public async Task Who_was_named_and_is_dead_costs_its_lease_at_most()
    {
        var lease = TimeSpan.FromSeconds(2);
        var leading = Store();
        var held = await Acquire(leading, Stand("leader"));
        await PutAsync("dead", lease);
        await UntilInLine(2);
        var waiting = Campaign(Store(), Stand("next"));
        await UntilInLine(3);
        await UntilKnownAsync(leading, 2);
        await leading.ReleaseAsync(held.Term, Ending);
        Assert.Equal("dead", (await LookAsync()).Term!.Holder.NodeId);
        var grant = await waiting.WaitAsync(lease + Lateness * 3);
        Assert.Equal("next", grant.Term.Candidate.NodeId);
    }

    [Fact]
    public async Task Who_is_named_as_it_leaves_gives_the_term_back()
    {
        var leading = Store();
        var held = await Acquire(leading, Stand("leader"));
        await using var line = new TcpProxy(Server.Port);
        var store = Store($"http://127.0.0.1:{line.Port}");
        var watches = new TaskCompletionSource();
        var told = SightedAsync(store, s =>
        {
            watches.TrySetResult();
            return s.Leader?.NodeId == "leaving";
        });
        await watches.Task.WaitAsync(Bound);
        using var leave = new CancellationTokenSource();
        var leaving = store.AcquireAsync(Stand("leaving"), leave.Token).AsTask();
        await UntilInLine(2);
        await UntilKnownAsync(leading, 1);
        // It hears of its term, and cannot ask whether it is true.
        line.ToServer.Hold();
        await leading.ReleaseAsync(held.Term, Ending);
        await told.WaitAsync(Bound);
        Assert.False(leaving.IsCompleted);
        await leave.CancelAsync();
        line.ToServer.Restore();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving.WaitAsync(Bound));
        await UntilInLine(0);
        Assert.True((await LookAsync()).Term is { Released: true, Holder.NodeId: "leaving" }, "it was named and did not give the term back");
    }

    [Fact]
    public async Task A_better_one_that_the_leader_has_not_heard_of_is_not_passed_over()
    {
        var (leading, line) = (Store(), EtcdKeys.Line(Election));
        var held = await Acquire(leading, Stand("leader", priority: 7));
        var record = (await LookAsync()).Term!;
        var worse = await PutAsync("worse", TimeSpan.FromMinutes(1));
        // Those whose names come after and before the leader's own, of which it is told neither.
        foreach (var better in (string[])[line + "zz", line + "!"])
        {
            await Admin.AskAsync("kv/put", Put(better, Place.ValueOf(Stand("better", priority: 3))), EtcdCalls.LongestWait, default);
            Assert.False(await NameAsync(record, worse, worse.Key), "a better one was passed over");
            var look = await LookAsync();
            Assert.True(look.Term is { Released: true, Holder.NodeId: "leader" }, "it was given back to whoever asks");
            // As it was, for the other one.
            await EtcdFacts.DeleteAsync(Admin, better);
            await Admin.AskAsync("kv/put", Put(record.Key, "leader"), EtcdCalls.LongestWait, default);
            await Admin.AskAsync("kv/put", Put(EtcdKeys.Term(Election), record.ToString()), EtcdCalls.LongestWait, default);
            record = record with { Created = (await LookAsync()).Line.Single(p => p.Key == record.Key).Created };
            await Admin.AskAsync("kv/put", Put(EtcdKeys.Term(Election), record.ToString()), EtcdCalls.LongestWait, default);
        }

        // And nobody better: its own rank does not count.
        Assert.True(await NameAsync(record, worse, worse.Key));
        Assert.Equal(RenewAnswer.Lost, await leading.RenewAsync(held.Term, TimeSpan.FromMinutes(1), Ending));
    }

    [Fact]
    public async Task An_older_one_that_the_leader_has_not_heard_of_is_not_passed_over()
    {
        await Acquire(Store(), Stand("leader"));
        var record = (await LookAsync()).Term!;
        var older = await PutAsync("older", TimeSpan.FromMinutes(1));
        var younger = await PutAsync("younger", TimeSpan.FromMinutes(1));
        // Known or not: what is said of the others only tells on which side of the leader's key somebody stands.
        Assert.False(await NameAsync(record, younger, older.Key, younger.Key), "an older one was passed over");
        Assert.True((await LookAsync()).Term is { Released: true, Holder.NodeId: "leader" }, "it was given back to whoever asks");
    }

    [Fact]
    public async Task Who_follows_a_term_that_was_given_back_is_the_first_in_the_line()
    {
        var older = await PutAsync("older", TimeSpan.FromMinutes(1));
        var before = await PutAsync("before", TimeSpan.FromMinutes(1));
        await using var line = new CountingLine(Server.Port);
        var waiting = await CampaignBehindAsync(line, "next", 3);
        var left = await LeaveAsync(before);
        // It was tried and refused by the time that the older one is watched; whoever takes it wrongly has it by then.
        await Until(() => Task.FromResult(waiting.IsCompleted || line.Sent(Txn.Base64(older.Key)) > 0), "it waits behind the older one");
        Assert.Equal(left, (await LookAsync()).TermModified);
        await EtcdFacts.DeleteAsync(Admin, older.Key);
        Assert.Equal("next", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task Who_follows_a_release_takes_the_term_without_a_look_and_keeps_its_lease()
    {
        // Nobody is named by a place that no store keeps.
        var before = await PutAsync("before", TimeSpan.FromMinutes(1));
        await using var line = new CountingLine(Server.Port);
        var waiting = await CampaignBehindAsync(line, "next", 2);
        var (looks, kept) = (Looks(line), line.Sent("lease/keepalive"));
        await LeaveAsync(before);
        var grant = await waiting.WaitAsync(Bound);
        Assert.Equal(looks, Looks(line));
        Assert.True(line.Sent("lease/keepalive") > kept, "its lease was not kept");
        Assert.Equal(grant.Term.Token, (await LookAsync()).Term!.Token);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Nobody_is_named_by_a_term_that_is_over_or_at_a_place_that_is_another_now(bool over, bool moved)
    {
        await Acquire(Store(), Stand("leader"));
        var record = (await LookAsync()).Term!;
        var next = await PutAsync("next", TimeSpan.FromMinutes(1));
        if (over)
            await Admin.AskAsync("kv/put", Put(EtcdKeys.Term(Election), (record with { Token = record.Token + 1 }).ToString()), EtcdCalls.LongestWait, default);
        // Of the same name, and put anew since: the oldest of all, where one looks at nothing else.
        var named = moved ? next with { Created = next.Created - 1 } : next;
        Assert.False(await NameAsync(record, named, next.Key));
        Assert.Equal(moved, (await LookAsync()).Term!.Released);
    }

    [Fact]
    public async Task A_seat_whose_leader_lost_its_key_is_given_to_nobody()
    {
        await Acquire(Store(), Stand("leader"));
        var record = (await LookAsync()).Term!;
        var next = await PutAsync("next", TimeSpan.FromMinutes(1));
        await EtcdFacts.DeleteAsync(Admin, record.Key);
        Assert.False(await NameAsync(record, next, next.Key));
        Assert.Equal(record.ToString(), (await LookAsync()).Term!.ToString());
    }

    [Fact]
    public async Task Who_has_seen_a_higher_token_than_the_one_it_is_given_takes_a_higher_one()
    {
        var leading = Store();
        var held = await Acquire(leading, Stand("leader"));
        var remembering = Stand("next");
        remembering.SawToken(FencingToken.Max / 2);
        var waiting = Campaign(Store(), remembering);
        await UntilInLine(2);
        await UntilKnownAsync(leading, 1);
        await leading.ReleaseAsync(held.Term, Ending);
        Assert.True((await waiting.WaitAsync(Bound)).Term.Token > FencingToken.Max / 2);
    }

    [Fact]
    public async Task Who_is_named_over_a_term_that_may_be_trusted_in_still_waits_for_its_end()
    {
        // An earlier life of the data, of which one process alone has heard.
        var other = Stand("other");
        var key = EtcdKeys.Place(Election, 1);
        var lost = new TermRecord(5, other.Id, null, DateTimeOffset.UnixEpoch, key, 1, 1, Seconds: 3, First: 5, Released: false);
        await Admin.AskAsync("kv/put", Put(key, Place.ValueOf(other)), EtcdCalls.LongestWait, default);
        await Admin.AskAsync("kv/put", Put(EtcdKeys.Term(Election), lost.ToString()), EtcdCalls.LongestWait, default);
        var next = Store();
        var end = (await SightedAsync(next, s => s.Leader?.NodeId == "other")).EndsAt;
        await EtcdFacts.DeleteAsync(Admin, key);
        await EtcdFacts.DeleteAsync(Admin, EtcdKeys.Term(Election));

        var leading = Store();
        var held = await Acquire(leading, Stand("leader"));
        var waiting = Campaign(next, Stand("next"));
        await UntilInLine(2);
        await UntilKnownAsync(leading, 1);
        await leading.ReleaseAsync(held.Term, Ending);
        Assert.True((await waiting.WaitAsync(Bound)).AnchoredAt >= end, "two may trust at one time");
    }

    [Fact]
    public async Task The_last_words_of_who_named_a_successor_are_kept_and_nothing_else()
    {
        var leading = Store();
        var held = await Acquire(leading, Stand("leader"));
        var next = Store();
        var waiting = Campaign(next, Stand("next"));
        await UntilInLine(2);
        await UntilKnownAsync(leading, 1);
        await leading.WriteAsync(held.Term, "job", "1", Ending);
        await leading.ReleaseAsync(held.Term, Ending);
        var grant = await waiting.WaitAsync(Bound);
        await leading.WriteAsync(held.Term, "handover/end", "goodbye", Ending);
        await Assert.ThrowsAsync<StaleTermException>(() => leading.WriteAsync(held.Term, "job", "2", Ending).AsTask());
        await Assert.ThrowsAsync<StaleTermException>(() => leading.AppendAsync(held.Term, "history", "2", 9, Ending).AsTask());
        await next.WriteAsync(grant.Term, "job", "3", Ending);
        await Assert.ThrowsAsync<StaleTermException>(() => leading.WriteAsync(held.Term, "handover", "late", Ending).AsTask());
        Assert.Equal([new("handover/end", "goodbye"), new("job", "3")], (await next.ReadAsync(Election, "", Ending)).OrderBy(v => v.Key));
    }

    private static JsonObject Put(string key, string value) => new() { ["key"] = Txn.Base64(key), ["value"] = Txn.Base64(value) };

    private async Task<bool> NameAsync(TermRecord record, Place next, params string[] others)
    {
        var named = record with { Token = record.Token + 1, Holder = next.Candidate!.Value, Key = next.Key, Created = next.Created };
        return await Admin.GiveBackAsync(Election, record, HandOver.To(Election, record, named, next.Priority, others), default);
    }

    /// <summary>A candidate behind whoever stands there, which is told of terms as well, as every candidate of the library is.</summary>
    private async Task<Task<Grant>> CampaignBehindAsync(CountingLine line, string node, int inLine)
    {
        var store = Store($"http://127.0.0.1:{line.Port}");
        await SightedAsync(store, _ => true);
        var waiting = Campaign(store, Stand(node));
        await UntilInLine(inLine);
        return waiting;
    }

    /// <summary>
    /// The leader that stood there gives its term back, and then its place: who waits is told of the first by one watch and of the
    /// second by another, and has to hear of the term first.
    /// </summary>
    private async Task<long> LeaveAsync(Place leader)
    {
        var released = new TermRecord(
            FencingToken.Next(0, 0, 0), leader.Candidate!.Value, null, DateTimeOffset.UnixEpoch, leader.Key, leader.Created, 1, Seconds: 2, First: 1, Released: true);
        await Admin.AskAsync("kv/put", Put(EtcdKeys.Term(Election), released.ToString()), EtcdCalls.LongestWait, default);
        var left = (await LookAsync()).TermModified;
        await EtcdFacts.DeleteAsync(Admin, leader.Key);
        return left;
    }

    /// <summary>Requests that only read: those that take or name compare something first.</summary>
    private static int Looks(CountingLine line) => line.Sent("\"compare\":[]");

    /// <summary>A place that nobody keeps, as of a process that was killed.</summary>
    private async Task<Place> PutAsync(string node, TimeSpan lease)
    {
        var (id, _) = await Admin.GrantAsync(lease, default);
        var key = EtcdKeys.Place(Election, id);
        await Admin.AskAsync("kv/txn", new Txn().Then(Txn.Put(key, Place.ValueOf(Stand(node, lease)), id)).Body, EtcdCalls.LongestWait, default);
        return (await LookAsync()).Line.Single(p => p.Key == key);
    }

    /// <summary>Until the leader was told of so many behind it.</summary>
    private Task UntilKnownAsync(EtcdStore store, int behind) =>
        Until(() => Task.FromResult(store.KnownBehind(Election) == behind), $"the leader knows of {behind} behind it");
}
