using System.Collections.Concurrent;
using System.Diagnostics;
using AspireElection.AppHost.Servers;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary><c>etcdctl elect</c>: a candidate of another make.</summary>
internal sealed class EtcdControl : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Stands in an election, or listens to it where no value is given.</summary>
    public EtcdControl(EtcdServer server, string election, string? value)
    {
        var found = ServerExecutable.Find("etcdctl") ?? throw new InvalidOperationException("etcdctl was not found on this machine: ./test sets it up.");
        string[] arguments = ["--endpoints", server.ConnectionString, "elect", .. value is null ? new[] { "--listen", election } : [election, value]];
        var info = new ProcessStartInfo(found.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["ETCDCTL_API"] = "3";
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => Remember(line.Data);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it printed: key and value of each leader.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Resigns and ends.</summary>
    public async Task ResignAsync()
    {
        Signal.Send(_process.Id, Signal.Terminate);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Remember(string? line)
    {
        if (line is { Length: > 0 })
            _lines.Enqueue(line);
    }
}
