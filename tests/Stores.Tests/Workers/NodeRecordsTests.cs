using System.Diagnostics;
using System.Globalization;
using AspireElection.Faults.Harness;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Workers;

/// <summary>
/// Workers as processes, told by environment variables alone, and what the table <c>node_records</c> says of them at
/// every moment: who is here, as what, under which term.
/// </summary>
public sealed class NodeRecordsTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IAsyncLifetime
{
    private const string Lease = "2s";

    private readonly List<WorkerProcess> _workers = [];
    private readonly string _election = $"records-{Guid.NewGuid():N}";
    private NpgsqlDataSource? _source;

    public Task InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(postgres.ConnectionString);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await _source!.DisposeAsync();
    }

    [Fact]
    public async Task Records_are_true_while_nodes_join_lead_die_and_leave()
    {
        using var over = new CancellationTokenSource();
        var watching = WatchAsync(over.Token);
        var first = Start("n2", "0");
        await UntilAsync("the first leads", r => r is [{ Id: "n2", Status: "leader", Priority: 0 }]);
        var second = Start("n1", "0");
        await UntilAsync("a tie does not preempt", r => r is [{ Id: "n1", Status: "follower" }, { Id: "n2", Status: "leader" }] && r[0].Term == r[1].Term);
        var records = await ReadAsync();
        Assert.All(records, r => Assert.Equal((TermOf(first), true, true), (r.Term, r.Created <= r.LastHeartbeat, r.LastHeartbeat <= r.Updated)));

        // Killed: it can say nothing any more, so its successor and the removal of the silent do.
        Process.GetProcessById(first.Id).Kill();
        await UntilAsync("the successor says so for both", r => r.Exists(n => n is { Id: "n1", Status: "leader" } && n.Term == TermOf(second)) &&
            r.TrueForAll(n => n.Id == "n1" || n.Status == "follower"));
        await UntilAsync("the silent one is taken off", r => r is [{ Id: "n1", Status: "leader" }]);
        Assert.Equal(records[0].Created, (await ReadAsync())[0].Created);

        second.Stop();
        Assert.Equal(0, await second.EndAsync());
        Assert.Empty(await ReadAsync());
        await over.CancelAsync();
        Assert.True(await watching > 50, "the table was looked at all the time");
    }

    [Fact]
    public async Task Of_equal_priorities_the_lower_node_id_leads_next_though_another_came_earlier()
    {
        var leader = Start("n3", "7");
        await UntilAsync("n3 leads", r => r is [{ Id: "n3", Status: "leader", Priority: 7 }]);
        Start("n2", "7");
        await UntilAsync("n2 waits", r => r.Exists(n => n is { Id: "n2", Status: "follower" }));
        await UntilWaitingAsync(1);
        Start("n1", "7");
        await UntilWaitingAsync(2);
        leader.Stop();
        await UntilAsync("n1 leads", r => r is [{ Id: "n1", Status: "leader" }, { Id: "n2", Status: "follower" }]);
        Assert.DoesNotContain(_workers[1].Output, l => l.Contains("BECAME LEADER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_better_node_that_joins_leads_only_after_the_old_leaders_job_was_told_and_has_ended()
    {
        var drain = TimeSpan.FromSeconds(1.5);
        var old = StartFaultNode("n1", "1");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(Has(old, "JOB STARTED")), "its job runs");
        using (var http = new HttpClient())
            (await http.PostAsync(new Uri($"{old.Address}/drain?ms={drain.TotalMilliseconds}"), null)).EnsureSuccessStatusCode();
        var better = StartFaultNode("n2", "2");
        await UntilAsync("the better one leads", r => r.Exists(n => n is { Id: "n1", Status: "follower" }) && r.Exists(n => n is { Id: "n2", Status: "leader" }));

        var (jobEnded, lost, led) = (At(old, "JOB ENDED"), At(old, "LOST LEADERSHIP"), At(better, "BECAME LEADER"));
        Assert.EndsWith("reason=preempted", old.Output.Single(l => l.Contains("LOST LEADERSHIP", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.True(jobEnded <= lost, $"the job ended at {jobEnded:O}, the leadership at {lost:O}");
        Assert.True(lost <= led, $"the old leadership ended at {lost:O}, the new one began at {led:O}");
        // It drained while it led: it was renewed meanwhile, and nobody cut it off.
        Assert.DoesNotContain(old.Output, l => l.Contains("TOLD LOST", StringComparison.Ordinal) && TimeOf(l) < jobEnded);
        var seen = (await AskAsync<DateTime>("SELECT since FROM election_terms WHERE election = $1")).ToUniversalTime();
        Assert.True(seen >= lost.UtcDateTime, "the server granted the seat after the old leadership");
    }

    [Fact]
    public async Task The_address_of_a_database_is_all_that_has_to_be_set()
    {
        var worker = new WorkerProcess(string.Empty, $"DATABASE_URL={Url}", $"LOCK_NAME={_election}");
        _workers.Add(worker);
        await UntilAsync("it leads", r => r is [{ Status: "leader", Priority: 0 } only] && only.Id == Environment.MachineName);
    }

    [Theory]
    [InlineData("RENEW_PERIOD", "1s", "RENEW_PERIOD is '1s'; allowed: above 0, at most 900ms: half of the lease duration minus the margin")]
    [InlineData("NODE_TIMEOUT", "2s", "NODE_TIMEOUT is '2s'; allowed: above the lease duration of 2s")]
    public async Task Heartbeat_interval_election_timeout_and_node_timeout_have_to_fit_each_other(string name, string value, string line)
    {
        var worker = new WorkerProcess(string.Empty, $"DATABASE_URL={Url}", $"LEASE_DURATION={Lease}", $"{name}={value}");
        _workers.Add(worker);
        Assert.Equal(2, await worker.EndAsync());
        Assert.Equal([line], worker.Errors);
    }

    private string Url
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
            return $"postgres://{Uri.EscapeDataString(settings.Username!)}:{Uri.EscapeDataString(settings.Password!)}@{settings.Host}:{settings.Port}/{settings.Database}";
        }
    }

    private WorkerProcess Start(string id, string priority)
    {
        var worker = new WorkerProcess(string.Empty, VariablesOf(id, priority));
        _workers.Add(worker);
        return worker;
    }

    /// <summary>A worker with a job that writes all the time and drains as long as it is told to.</summary>
    private WorkerProcess StartFaultNode(string id, string priority)
    {
        var info = new ProcessStartInfo("dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "FaultNode.dll")}\"");
        var worker = new WorkerProcess(info, VariablesOf(id, priority));
        _workers.Add(worker);
        return worker;
    }

    private string[] VariablesOf(string id, string priority) =>
    [
        $"NODE_ID={id}", $"DATABASE_URL={Url}", $"NODE_PRIORITY={priority}", $"LOCK_NAME={_election}", $"LEASE_DURATION={Lease}",
    ];

    private async Task<List<Record>> ReadAsync()
    {
        await using var command = _source!.CreateCommand("""
            SELECT id, status, term, priority, last_heartbeat, created_at, updated_at
            FROM node_records WHERE election = $1 ORDER BY id
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = _election });
        var records = new List<Record>();
        try
        {
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                records.Add(new Record(
                    reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt32(3),
                    reader.GetDateTime(4), reader.GetDateTime(5), reader.GetDateTime(6)));
            }
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // The first worker has not made the tables yet.
        }

        return records;
    }

    /// <summary>Looks at the table all the time: nowhere does it name two leaders.</summary>
    private async Task<int> WatchAsync(CancellationToken over)
    {
        var looks = 0;
        for (; !over.IsCancellationRequested; looks++)
        {
            var records = await ReadAsync();
            Assert.True(records.Count(r => r.Status == "leader") <= 1, string.Join('\n', records));
            await Task.Delay(5, CancellationToken.None);
        }

        return looks;
    }

    private async Task UntilAsync(string what, Predicate<List<Record>> holds)
    {
        List<Record> records = [];
        try
        {
            await WorkerInProcess.UntilAsync(async () => holds(records = await ReadAsync()), what);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{what}: the table says\n{string.Join('\n', records)}", exception);
        }
    }

    private Task UntilWaitingAsync(int count) => WorkerInProcess.UntilAsync(
        async () => await AskAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND $1 <> ''") >= count, $"{count} wait");

    private async Task<T> AskAsync<T>(string sql)
    {
        await using var command = _source!.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = _election });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static bool Has(WorkerProcess worker, string what) => worker.Output.Any(l => l.Contains(what, StringComparison.Ordinal));

    private static long TermOf(WorkerProcess worker) =>
        EventLine.Parse(worker.Output.LastOrDefault(l => l.Contains(EventLine.Became, StringComparison.Ordinal)) ?? string.Empty)?.Term ?? -1;

    private static DateTimeOffset At(WorkerProcess worker, string what) =>
        TimeOf(worker.Output.First(l => l.Contains(what, StringComparison.Ordinal)));

    private static DateTimeOffset TimeOf(string line) =>
        DateTimeOffset.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private sealed record Record(
        string Id, string Status, long Term, int Priority, DateTime LastHeartbeat, DateTime Created, DateTime Updated);
}
