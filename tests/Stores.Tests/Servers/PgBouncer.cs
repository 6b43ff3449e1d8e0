using System.Collections.Concurrent;
using System.Diagnostics;
using AspireElection.AppHost.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A real PgBouncer before a PostgreSQL of the tests; it ends with the test process, however that ends.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const int Hangup = 1;

    // Standard input is a pipe of the test process: its end is the one thing that also a killed owner leaves behind.
    private const string Serve = """
        account=$1 executable=$2 ini=$3
        chmod 600 users.txt "$ini"
        [ -z "$account" ] || chown "$account" users.txt "$ini"
        if [ -n "$account" ]; then
            setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups "$executable" "$ini" &
        else
            "$executable" "$ini" &
        fi
        server=$!
        echo "$server" > server.pid
        read -r _ || :
        kill -TERM "$server" 2>/dev/null || :
        wait "$server" || :
        """;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private readonly PostgresServer _server;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string _folder = ServerFolder.Choose("pgbouncer");
    private readonly int _port = LoopbackPort.Free();
    private readonly bool _roundRobin;
    private Process? _process;

    private PgBouncer(PostgresServer server, bool roundRobin) => (_server, _roundRobin) = (server, roundRobin);

    /// <summary>For Npgsql, by way of the pooler.</summary>
    public string ConnectionString =>
        new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Port = _port, NoResetOnClose = true }.ConnectionString;

    /// <param name="server">The server behind it.</param>
    /// <param name="mode"><c>session</c>, <c>transaction</c> or <c>statement</c>.</param>
    /// <param name="roundRobin">Idle server sessions are taken in turn, rather than the last one first.</param>
    public static async Task<PgBouncer> StartAsync(PostgresServer server, string mode, bool roundRobin = false)
    {
        var pooler = new PgBouncer(server, roundRobin);
        try
        {
            await pooler.StartAsync(mode);
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another mode from now on, as after an administrator's change of the configuration.</summary>
    public async Task ReconfigureAsync(string mode)
    {
        await WriteSettingsAsync(mode);
        int server = int.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "server.pid")), System.Globalization.CultureInfo.InvariantCulture);
        Signal.Send(server, Hangup);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            using var limit = new CancellationTokenSource(s_limit);
            await _process.WaitForExitAsync(limit.Token);
            _process.Dispose();
        }
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(string mode)
    {
        ServerExecutable executable = ServerExecutable.Find("pgbouncer")
            ?? throw new InvalidOperationException("pgbouncer was not found on this machine: ./test sets it up.");
        Directory.CreateDirectory(_folder);
        string program = MakeReachable(executable.Path);
        await WriteSettingsAsync(mode);
        var info = new ProcessStartInfo("/bin/sh", ["-c", Serve, "serve", ServerAccount.ForRoot() ?? "", program, Path.Combine(_folder, "pgbouncer.ini")])
        {
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => Remember(line.Data);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await UntilItAnswersAsync();
    }

    /// <summary>It refuses to run as root, and the account that it runs as cannot look into root's home.</summary>
    private string MakeReachable(string executable)
    {
        string tree = Path.GetDirectoryName(Path.GetDirectoryName(executable))!;
        if (!Environment.IsPrivilegedProcess || !File.Exists(Path.Combine(tree, "unpacked"))) return executable;
        using Process copy = Process.Start("/bin/sh", ["-c", "cp -R \"$1\" \"$2/program\" && chmod -R go+rX \"$2\"", "copy", tree, _folder]);
        copy.WaitForExit();
        return Path.Combine(_folder, "program", "bin", Path.GetFileName(executable));
    }

    private async Task WriteSettingsAsync(string mode)
    {
        string users = Path.Combine(_folder, "users.txt");
        string settings = Path.Combine(_folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(users, $"\"postgres\" \"{_server.Password}\"\n");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            * = host=127.0.0.1 port={_server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = {mode}
            server_round_robin = {(_roundRobin ? 1 : 0)}
            default_pool_size = 50

            """);
    }

    private async Task UntilItAnswersAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!_process!.HasExited)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync(limit.Token);
                return;
            }
            catch (NpgsqlException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
            }
        }
        throw new InvalidOperationException($"pgbouncer did not start:\n{string.Join('\n', _log)}");
    }

    private void Remember(string? line)
    {
        if (line is null) return;
        _log.Enqueue(line);
        while (_log.Count > 50) _log.TryDequeue(out _);
    }
}
