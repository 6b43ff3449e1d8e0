using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>Who is granted the seat of those who wait.</summary>
[Collection(SharedPostgres.Name)]
public sealed class LineTests(PostgresServer server) : PostgresFacts(server)
{
    [Fact]
    public async Task A_better_candidate_that_waits_goes_first_though_others_came_earlier()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var waiting = new List<Task<Grant>>();
        foreach (var (node, priority) in (IEnumerable<(string, int)>)[("first", 0), ("second", -3), ("third", 7), ("fourth", 3)])
        {
            waiting.Add(Acquire(NewStore(), Stand(node, priority: priority)));
            await UntilWaiting(waiting.Count);
        }

        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        var next = await Task.WhenAny(waiting);
        Assert.Equal("third", (await next).Term.Candidate.NodeId);
        await UntilWaiting(3);
        Assert.Equal(1, waiting.Count(w => w.IsCompleted));
    }

    [Theory]
    [InlineData(8, "a")]
    [InlineData(9, "z")]
    public async Task Of_equals_the_lower_node_id_goes_first_and_in_a_long_line_who_came_first(int waiters, string next)
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        // Whoever is granted the lock waits no more: the line that it leaves behind is one shorter.
        var nodes = new[] { "z" }.Concat(Enumerable.Range(1, waiters - 1).Select(n => $"m{n}")).Append("a").ToList();
        var waiting = new List<Task<Grant>>();
        foreach (var node in nodes)
        {
            waiting.Add(Acquire(store, Stand(node)));
            await UntilWaiting(waiting.Count);
        }

        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        Assert.Equal(next, (await await Task.WhenAny(waiting)).Term.Candidate.NodeId);
        await UntilWaiting(waiters);
    }

    [Fact]
    public async Task A_higher_priority_goes_before_a_lower_node_id()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var lower = Acquire(store, Stand("a", priority: 1));
        await UntilWaiting(1);
        var higher = Acquire(store, Stand("z", priority: 10));
        await UntilWaiting(2);
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        Assert.Equal("z", (await higher).Term.Candidate.NodeId);
        Assert.False(lower.IsCompleted);
    }

    [Fact]
    public async Task A_better_waiter_that_is_frozen_costs_a_grace_and_is_not_waited_for_again()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var waiting = Acquire(store, Stand("alive"));
        await UntilWaiting(1);
        // A waiter that will never take its term: its session is granted the lock and then says nothing.
        await using var frozen = await Source.OpenConnectionAsync();
        await using var wait = frozen.CreateCommand();
        wait.CommandText = $"SET application_name = 'AspireElection 9 frozen'; SET idle_session_timeout = 250; SELECT pg_advisory_lock({Key})";
        var never = wait.ExecuteNonQueryAsync();
        await UntilWaiting(2);
        var before = Clock.GetTimestamp();
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        await waiting;
        Assert.InRange(Since(before).TotalMilliseconds, 240, 5000);
        await never;
    }

    private long Key => AspireElection.Stores.Postgres.SeatKey.Of(Election);
}
