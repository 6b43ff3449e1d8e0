using System.Collections.Concurrent;
using System.Diagnostics;
using AspireElection.AppHost.Servers;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A server of this machine, started for tests on a free port; can be killed, frozen and started again.</summary>
/// <remarks>As a collection fixture it is started once for the assembly; a test that harms it starts one of its own.</remarks>
public abstract class RealServer : IAsyncLifetime, IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly LocalServer _server;
    private readonly ConcurrentQueue<string> _log = new();
    private FileStream? _inUse;
    private Process? _process;
    private bool _frozen;

    private protected RealServer(LocalServer? server, string name)
    {
        if (server is null)
            throw new InvalidOperationException($"{name} was not found on this machine: ./test sets it up.");
        _server = server with { Keep = true, Grace = TimeSpan.Zero };
    }

    public int Port => _server.Port;

    public string Password => _server.Password;

    /// <summary>Holds everything of this server; gone after <see cref="DisposeAsync"/>.</summary>
    public string Folder => _server.Folder;

    /// <summary>For StackExchange.Redis or Npgsql.</summary>
    public string ConnectionString => _server.ConnectionString;

    public Task InitializeAsync() => StartAsync();

    /// <summary>Returns when the server answers; with the data that an earlier run left.</summary>
    public async Task StartAsync()
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException("The server runs already.");
        Directory.CreateDirectory(_server.Folder);
        // A shared lock: between a stop and a start nobody may take the folder for one that a killed run left.
        _inUse ??= new FileStream(
            Path.Combine(_server.Folder, "in-use"), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read);
        using var limit = new CancellationTokenSource(s_limit);
        for (int attempt = 1; ; attempt++)
        {
            StartProcess();
            if (await AnswersAsync(limit.Token)) return;
            // A server that was killed a moment ago may not have let go of its port or its memory yet.
            if (attempt == 3) throw new InvalidOperationException($"The server did not start:\n{string.Join('\n', _log)}");
        }
    }

    /// <summary>An orderly stop; data stay.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        Continue();
        if (!_process.HasExited) Signal.Send(_process.Id, Signal.Terminate);
        using var limit = new CancellationTokenSource(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGKILL to all processes of the server, as when its machine loses power; data stay.</summary>
    public void Kill()
    {
        foreach (int process in ServerProcesses()) Signal.Send(process, Signal.Kill);
        _frozen = false;
    }

    /// <summary>SIGSTOP to all processes of the server: connections stay open and nothing is answered.</summary>
    public void Freeze()
    {
        _frozen = true;
        foreach (int process in ServerProcesses()) Signal.Send(process, Signal.Stop);
    }

    public void Continue()
    {
        if (!_frozen) return;
        foreach (int process in ServerProcesses()) Signal.Send(process, Signal.Continue);
        _frozen = false;
    }

    /// <summary>Stops the server where it still runs and starts it on the same port, with or without its data.</summary>
    public async Task RestartAsync(bool keepData)
    {
        await StopAsync();
        string data = Path.Combine(_server.Folder, "data");
        if (!keepData && Directory.Exists(data)) Directory.Delete(data, recursive: true);
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await StopAsync();
        if (_inUse is not null) await _inUse.DisposeAsync();
        if (Directory.Exists(_server.Folder)) Directory.Delete(_server.Folder, recursive: true);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    /// <summary>One attempt to talk to the server; any exception of its client means "not yet".</summary>
    internal abstract Task AskAsync(CancellationToken cancellation);

    private protected abstract bool MeansNotYet(Exception exception);

    private void StartProcess()
    {
        _process?.Dispose();
        _log.Clear();
        var info = new ProcessStartInfo(LocalServer.Command, _server.Arguments)
        {
            WorkingDirectory = LocalServer.WorkingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in _server.Variables) info.Environment[name] = value;
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => Remember(line.Data);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Remember(string? line)
    {
        if (line is null) return;
        _log.Enqueue(line);
        while (_log.Count > 50) _log.TryDequeue(out _);
    }

    private async Task<bool> AnswersAsync(CancellationToken limit)
    {
        while (!_process!.HasExited)
        {
            try
            {
                await AskAsync(limit);
                return true;
            }
            catch (Exception exception) when (MeansNotYet(exception) && !limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), limit);
            }
        }
        return false;
    }

    /// <summary>The server and its children, parents first; empty while it does not run.</summary>
    internal List<int> ServerProcesses()
    {
        string file = Path.Combine(_server.Folder, "server.pid");
        if (_process is null or { HasExited: true } || !File.Exists(file)) return [];
        return ProcessTree.Of(int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture));
    }
}
