using System.Collections.Concurrent;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Npgsql;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>Whole processes with 500 candidates each, for a user who has the connections of a server with default settings.</summary>
[Collection(SharedSessionsPostgres.Name)]
public sealed class ManyElectionsTests(PostgresServer server, ITestOutputHelper output) : SharedFacts(server)
{
    private const int Count = 500;

    /// <summary>What a default server has for ordinary users: 100 less those kept for administrators.</summary>
    private const int Connections = 97;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    private readonly List<Candidate> _candidates = [];
    private readonly ConcurrentDictionary<string, long> _led = new();
    private readonly string _user = $"many_{Guid.NewGuid():N}";
    private int _mostConnections;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Server.QueryAsync($"CREATE ROLE {_user} LOGIN PASSWORD '{Server.Password}' CONNECTION LIMIT {Connections}");
        await Server.QueryAsync($"CREATE DATABASE {_user} OWNER {_user}");
    }

    public override async Task DisposeAsync()
    {
        await Task.WhenAll(_candidates.Select(c => c.StopAsync()));
        await base.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await Server.QueryAsync($"DROP DATABASE {_user} WITH (FORCE)");
        await Server.QueryAsync($"DROP ROLE {_user}");
    }

    [Fact]
    public async Task Five_hundred_elections_go_from_one_process_to_another_on_few_connections_and_never_have_two_leaders()
    {
        var (lineOfOne, lineOfTwo, elections) = (NewLine(), NewLine(), Elections(Count));
        var begun = Clock.GetTimestamp();
        var one = Start(NewShared(2, Of(lineOfOne.ConnectionString)), elections, "node-1");
        await UntilAllLead(one);
        output.WriteLine($"{Count} elections of one process led after {Since(begun).TotalMilliseconds:0} ms");
        var two = Start(NewShared(2, Of(lineOfTwo.ConnectionString)), elections, "node-2");
        await UntilAllWaitedFor();

        using var ending = new CancellationTokenSource();
        var looking = Task.Factory.StartNew(
            () => Look(one, two, ending.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var frozen = Clock.GetTimestamp();
        lineOfOne.Freeze();
        await UntilAllLead(two);
        Print("of a frozen process", frozen);
        lineOfOne.Continue();
        await UntilAllWaitedFor();
        await ending.CancelAsync();
        var (looks, both) = await looking;
        output.WriteLine($"looked at both {looks} times");
        Assert.Empty(both);

        // A killed process leads no more, whatever its objects say that live on in this test.
        var killed = Clock.GetTimestamp();
        lineOfTwo.Kill();
        await UntilAllLead(one);
        Print("of a killed process", killed);
        Assert.True(_led.Values.All(at => at < killed + Lease.ToTicksOf(Clock)), "a lease was waited for");
        output.WriteLine($"at most {_mostConnections} connections of {Connections}");
        Assert.InRange(_mostConnections, 1, 40);
    }

    private Candidate[] Start(PostgresStore store, string[] elections, string node)
    {
        var started = elections.Select(election =>
        {
            var options = new ElectionOptions { NodeId = node, LeaseDuration = Lease };
            options.WhileLeading.Add(_ =>
            {
                _led[election] = Clock.GetTimestamp();
                return Task.CompletedTask;
            });
            return new Candidate(election, store, options);
        }).ToArray();
        _candidates.AddRange(started);
        foreach (var candidate in started)
            _ = candidate.StartAsync();
        return started;
    }

    /// <summary>
    /// Once false, a term is never believed in again: who leads before and after the other was seen leading, under the
    /// same term, led at that very instant as well.
    /// </summary>
    private static (long Looks, List<string> Both) Look(Candidate[] one, Candidate[] two, CancellationToken ending)
    {
        var (looks, both) = (0L, new List<string>());
        while (!ending.IsCancellationRequested)
        {
            for (var n = 0; n < one.Length; n++, looks++)
            {
                if (one[n].Leadership is { } before && two[n].IsLeader && one[n].Leadership == before)
                    both.Add(one[n].Election);
            }

            Thread.Yield();
        }

        return (looks, both);
    }

    private Task UntilAllLead(Candidate[] candidates) => Until(
        async () =>
        {
            var connections = await AskAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE usename = $1", _user);
            _mostConnections = Math.Max(_mostConnections, (int)connections);
            return candidates.All(c => c.IsLeader);
        },
        "one process leads all");

    private Task UntilAllWaitedFor() => Until(
        async () => await CountAsync("""
            SELECT count(*) FROM election_waiters w JOIN pg_locks l ON l.pid = w.backend_pid
            WHERE l.granted AND l.objsubid = 2 AND l.objid::bigint = w.presence
            """) == Count && await CountAsync("""
            SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
            """) == 2,
        "the other process waits for all, and for the end of two sessions");

    private void Print(string what, long since)
    {
        var times = _led.Values.Select(at => (at - since) * 1000.0 / Clock.TimestampFrequency).Order().ToList();
        output.WriteLine($"{Count} seats {what} taken over: first after {times[0]:0} ms, median {times[Count / 2]:0} ms, last {times[^1]:0} ms");
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Database = _user }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        try
        {
            return (long)(await command.ExecuteScalarAsync())!;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Nobody has waited yet.
            return 0;
        }
    }

    private string Of(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Username = _user, Database = _user }.ConnectionString;
}
