using System.Text.Json.Nodes;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>The line: who wakes, who makes way, who keeps its turn.</summary>
public sealed class LineTests(EtcdServer server) : EtcdTests(server)
{
    [Fact]
    public async Task A_release_wakes_the_next_in_line_and_nobody_else()
    {
        const int Waiters = 6;
        var leading = Store();
        var held = await Acquire(leading, Stand("leader"));
        var lines = new List<CountingLine>();
        try
        {
            var waiting = new List<Task<Grant>>();
            for (var i = 0; i < Waiters; i++)
            {
                lines.Add(new CountingLine(Server.Port));
                waiting.Add(Campaign(Store($"http://127.0.0.1:{lines[i].Port}"), Stand($"node-{i}")));
                await UntilInLine(i + 2);
            }

            await Until(() => Task.FromResult(lines.All(l => l.Trips >= 3)), "all watch");
            var before = lines.ConvertAll(l => l.Trips);
            await leading.ReleaseAsync(held.Term, Ending);
            await waiting[0].WaitAsync(Bound);
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            Assert.True(lines[0].Trips > before[0]);
            Assert.Equal(before.Skip(1), lines.Skip(1).Select(l => l.Trips));
        }
        finally
        {
            foreach (var line in lines)
                await line.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whoever_is_first_makes_way_for_a_better_one_without_a_term()
    {
        var store = Store();
        var held = await Acquire(store, Stand("leader"));
        var worse = Campaign(store, Stand("worse", priority: 1));
        await UntilInLine(2);
        var better = Campaign(store, Stand("better", priority: 2));
        await UntilInLine(3);
        // Who is told of the release follows it without a look.
        await SightedAsync(store, s => s.Leader is not null);
        await store.ReleaseAsync(held.Term, Ending);
        var granted = await better.WaitAsync(Bound);
        Assert.False(worse.IsCompleted);
        await Until(async () => (await LookAsync()).Line is [_, { Candidate.NodeId: "worse" }], "it stands in line again");
        await store.ReleaseAsync(granted.Term, Ending);
        await worse.WaitAsync(Bound);
    }

    [Fact]
    public async Task A_better_one_behind_a_foreign_candidate_is_not_made_way_for()
    {
        var store = Store();
        var held = await Acquire(store, Stand("leader"));
        var worse = Campaign(store, Stand("worse"));
        await UntilInLine(2);
        await using var foreign = new EtcdControl(Server, Election, "foreign");
        await UntilInLine(3);
        var better = Campaign(store, Stand("better", priority: 9));
        await UntilInLine(4);
        await store.ReleaseAsync(held.Term, Ending);
        var first = await worse.WaitAsync(Bound);
        await store.ReleaseAsync(first.Term, Ending);
        await Until(() => Task.FromResult(foreign.Lines.Contains("foreign")), "the foreign candidate has its turn");
        Assert.False(better.IsCompleted);
        await foreign.ResignAsync();
        await better.WaitAsync(Bound);
    }

    [Fact]
    public async Task A_dead_better_one_costs_its_lease_at_most()
    {
        var lease = TimeSpan.FromSeconds(1);
        var store = Store();
        var held = await Acquire(store, Stand("leader"));
        var worse = Campaign(store, Stand("worse", lease));
        await UntilInLine(2);
        // A place that nobody keeps, as of a process that was killed.
        var (dead, _) = await Admin.GrantAsync(lease, default);
        await Admin.AskAsync(
            "kv/txn", new Txn().Then(Txn.Put(EtcdKeys.Place(Election, dead), Place.ValueOf(Stand("dead", priority: 9)), dead)).Body, EtcdCalls.LongestWait, default);
        await store.ReleaseAsync(held.Term, Ending);
        await worse.WaitAsync(lease + Lateness * 2);
    }

    [Fact]
    public async Task A_leader_that_dies_is_followed_after_its_lease_and_not_long_after()
    {
        var lease = TimeSpan.FromSeconds(2);
        var silent = await Acquire(Store(), Stand("silent", lease));
        var next = await Acquire(Store(), Stand("next", lease));
        Assert.InRange(Between(silent.AnchoredAt, next.AnchoredAt), lease - TimeSpan.FromMilliseconds(2), lease + Lateness * 2);
    }

    [Fact]
    public async Task A_watch_whose_history_is_compacted_ends_and_says_so()
    {
        var held = await Acquire(Store(), Stand("leader"));
        var look = await LookAsync();
        await AskAsync(Admin, "kv/put", new JsonObject { ["key"] = Txn.Base64("elsewhere"), ["value"] = "" });
        await AskAsync(Admin, "kv/compaction", new JsonObject { ["revision"] = Txn.Text(look.Revision + 1) });
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = WatchStream.OfEnd(Admin, look.Term!.Key, 1, _ => Assert.Fail("It was told something."), ended.SetResult);
        await ended.Task.WaitAsync(Bound);
        Assert.Contains("compacted", watch.Trouble.Message, StringComparison.Ordinal);
        Assert.Equal("leader", held.Term.Candidate.NodeId);
    }
}
