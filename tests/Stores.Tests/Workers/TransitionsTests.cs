using System.Net.Http.Headers;
using AspireElection.History;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace AspireElection.Workers;

/// <summary>What real workers write down of how each of their terms began.</summary>
public sealed class TransitionsTests(PostgresServer postgres, RedisServer redis, ITestOutputHelper output)
    : IClassFixture<PostgresServer>, IClassFixture<RedisServer>
{
    private const string AdminToken = "transitions-admin-token";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly string[] Order = ["silence", "drain", "release", "grant", "first job"];

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task A_resign_and_a_kill_are_told_with_their_reason_and_their_gap(string kind)
    {
        var election = $"transitions-{kind}";
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await using IElectionStore store = kind == "redis"
            ? new RedisStore(connection, BootClock.Instance)
            : new PostgresStore(postgres.ConnectionString, BootClock.Instance);
        var workers = new Dictionary<string, WorkerProcess>();
        try
        {
            foreach (var id in (string[])["n1", "n2", "n3"])
                workers[id] = Start(kind, election, id);
            await WorkerInProcess.UntilAsync(async () => (await store.ListAsync(election, default)).Count == 3, "three members");
            var first = (await CompleteAsync(store, election, 1))[0];
            Assert.Equal(("first", 0, null, null), (first.Reason, first.PreviousTerm, first.PreviousNode, first.LeaderlessMs));

            await ResignAsync(workers[first.Node], election);
            var second = (await CompleteAsync(store, election, 2))[1];
            // The word of why is written beside the drain, and a drain of no time may be over first.
            Assert.Contains(second.Reason, (string[])["resigned", "released"]);
            Assert.Equal((first.Term, first.Node), (second.PreviousTerm, second.PreviousNode));
            Plausible(second, "grant", "first job");

            await Task.WhenAll(workers.Values.Select(w => SeesAsync(w, second.Term)));
            Signal.Send(workers[second.Node].Id, Signal.Kill);
            var third = (await CompleteAsync(store, election, 3))[2];
            Assert.Equal(("expired", second.Term, second.Node), (third.Reason, third.PreviousTerm, third.PreviousNode));
            Plausible(third, kind == "redis" ? ["silence", "grant", "first job"] : ["grant", "first job"]);
            Assert.NotEqual(second.Node, third.Node);
        }
        finally
        {
            foreach (var worker in workers.Values)
                await worker.DisposeAsync();
        }
    }

    private void Plausible(Transition transition, params string[] steps)
    {
        output.WriteLine($"{transition.Reason}, leaderless {transition.LeaderlessMs} ms: {string.Join(", ", transition.Steps.Select(s => $"{s.Name} {s.Ms}"))}");
        var names = transition.Steps.Select(s => s.Name).ToList();
        Assert.Empty(steps.Except(names));
        Assert.Equal(Order.Where(names.Contains), names);
        Assert.All(transition.Steps, s => Assert.InRange(s.Ms, 0, Lease.TotalMilliseconds * 5));
        Assert.InRange(transition.LeaderlessMs!.Value, double.Epsilon, Lease.TotalMilliseconds * 5);
        Assert.True(transition.Term > transition.PreviousTerm);
    }

    /// <summary>So many transitions, the last of them with its first job.</summary>
    private static async Task<IReadOnlyList<Transition>> CompleteAsync(IElectionStore store, string election, int count)
    {
        IReadOnlyList<Transition> all = [];
        await WorkerInProcess.UntilAsync(
            async () => (all = await Transition.ReadAllAsync(store, election, default)).Count >= count && all[^1].Steps.Any(s => s.Name == "first job"),
            $"{count} transitions");
        return all;
    }

    private static async Task SeesAsync(WorkerProcess worker, long term)
    {
        using var http = new HttpClient();
        await WorkerInProcess.UntilAsync(
            async () => (await http.GetStringAsync($"{worker.Address}/election")).Contains($"\"term\":{term},\"since\"", StringComparison.Ordinal),
            "it sees who leads");
    }

    private static async Task ResignAsync(WorkerProcess leader, string election)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{leader.Address}/election/{election}/resign");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private WorkerProcess Start(string kind, string election, string id) => new(
        $"--store {kind} --lock-name {election} --node-id {id} --lease-duration 2s",
        $"ConnectionStrings__{kind}={(kind == "redis" ? redis.ConnectionString : postgres.ConnectionString)}",
        $"ELECTION_ADMIN_TOKEN={AdminToken}");
}
