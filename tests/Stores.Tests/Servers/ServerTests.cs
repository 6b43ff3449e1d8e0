using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AspireElection.AppHost.Servers;
using Npgsql;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>The servers themselves: what the fault tests and the AppHost rely on.</summary>
public sealed class ServerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Kinds => ["redis", "postgres"];

    [Fact]
    public void The_text_of_a_server_does_not_show_its_password()
    {
        var server = new LocalServer { Kind = "redis", Executable = new ServerExecutable("redis-server", "PATH"), Folder = "/tmp/none", Port = 1 };
        Assert.DoesNotContain(server.Password, $"{server} {server.Executable}", StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_disposed_server_leaves_no_process_and_no_folder(string kind)
    {
        await using RealServer server = Create(kind);
        await server.StartAsync();
        List<int> processes = server.ServerProcesses();
        Assert.NotEmpty(processes);

        await server.DisposeAsync();

        Assert.False(Directory.Exists(server.Folder));
        Assert.DoesNotContain(processes, IsAlive);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_killed_server_keeps_its_data_and_a_wiped_one_has_none(string kind)
    {
        await using RealServer server = Create(kind);
        await server.StartAsync();
        Assert.Equal(1, await CountAsync(server));

        server.Kill();
        await server.RestartAsync(keepData: true);
        Assert.Equal(2, await CountAsync(server));

        await server.RestartAsync(keepData: false);
        Assert.Equal(1, await CountAsync(server));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_frozen_server_does_not_answer_until_it_continues(string kind)
    {
        await using RealServer server = Create(kind);
        await server.StartAsync();

        server.Freeze();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<Exception>(() => server.AskAsync(patience.Token));

        server.Continue();
        using var limit = new CancellationTokenSource(s_limit);
        await server.AskAsync(limit.Token);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_server_whose_owner_is_killed_ends_and_takes_its_folder_with_it(string kind)
    {
        using Process owner = Process.Start("sleep", "60");
        LocalServer server = (kind == "redis" ? LocalServer.Redis(LoopbackPort.Free()) : LocalServer.Postgres(LoopbackPort.Free()))!
            with
        { OwnerProcessId = owner.Id };
        var info = new ProcessStartInfo(LocalServer.Command, server.Arguments)
        {
            WorkingDirectory = LocalServer.WorkingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in server.Variables) info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        using var limit = new CancellationTokenSource(s_limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        while (!File.Exists(Path.Combine(server.Folder, "server.pid"))) await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);

        owner.Kill();
        await process.WaitForExitAsync(limit.Token);

        Assert.False(Directory.Exists(server.Folder));
        Assert.DoesNotContain(server.Password, await output + await errors + string.Join(' ', server.Arguments), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_removes_what_a_killed_run_left_and_nothing_that_is_in_use()
    {
        await using var server = new RedisServer();
        string parent = Path.GetDirectoryName(server.Folder)!;
        string left = Directory.CreateDirectory(Path.Combine(parent, "aspire-election-redis-left-by-a-test")).FullName;
        string used = Directory.CreateDirectory(Path.Combine(parent, "aspire-election-redis-used-by-a-test")).FullName;
        string foreign = Directory.CreateDirectory(Path.Combine(parent, "aspire-election-redis-foreign-to-a-test")).FullName;
        await File.WriteAllTextAsync(Path.Combine(left, "in-use"), "");
        await using (new FileStream(Path.Combine(used, "in-use"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            foreach (string folder in new[] { left, used, foreign }) Directory.SetLastWriteTimeUtc(folder, DateTime.UnixEpoch);

            await server.StartAsync();

            Assert.False(Directory.Exists(left));
            Assert.True(Directory.Exists(used));
            Assert.True(Directory.Exists(foreign));
        }
        Directory.Delete(used, recursive: true);
        Directory.Delete(foreign);
    }

    [Fact]
    public void The_preferred_port_is_taken_only_while_it_is_free()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.NotEqual(port, LoopbackPort.PreferredOrFree(port));

        taken.Stop();
        Assert.Equal(port, LoopbackPort.PreferredOrFree(port));
    }

    [Fact]
    public void A_port_is_claimed_once_and_where_nothing_can_be_written_down_it_counts_as_nobodys()
    {
        string cache = Directory.CreateTempSubdirectory("election-ports-").FullName;
        try
        {
            Assert.True(PortClaim.TryTake(5081, cache));
            Assert.False(PortClaim.TryTake(5081, cache));
            Assert.True(PortClaim.TryTake(5080, cache));
            // A home that is none, as HOME=/dev/null of service accounts.
            Assert.True(PortClaim.TryTake(5081, "/dev/null/.cache/aspire-election"));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    private static RealServer Create(string kind) => kind == "redis" ? new RedisServer() : new PostgresServer();

    private static bool IsAlive(int process) =>
        File.Exists($"/proc/{process}/stat") && !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);

    /// <summary>How often it was called since the server had no data.</summary>
    private static async Task<long> CountAsync(RealServer server)
    {
        if (server is RedisServer)
        {
            using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
            return await redis.GetDatabase().StringIncrementAsync("count");
        }
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(
            "create table if not exists visits (at timestamptz default now()); insert into visits default values; select count(*) from visits");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
