using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AspireElection.Workers;

/// <summary>A worker as a process of its own, started as a user would.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private const string Listening = "http://127.0.0.1:";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Process _process;
    private readonly Action<string>? _heard;

    /// <summary>Starts a worker by flags and variables (<c>NAME=value</c>).</summary>
    public WorkerProcess(string flags, params string[] variables)
        : this(new ProcessStartInfo("dotnet", $"\"{System.IO.Path.Combine(AppContext.BaseDirectory, "Workers.dll")}\" {flags}"), variables)
    {
    }

    /// <summary>Starts a program that prints what a worker prints; <paramref name="heard"/> is given each line at once.</summary>
    public WorkerProcess(ProcessStartInfo info, IEnumerable<string> variables, Action<string>? heard = null)
    {
        _heard = heard;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        foreach (var variable in variables.Select(v => v.Split('=', 2)))
            info.Environment[variable[0]] = variable[1];
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) =>
        {
            Remember(_output, line.Data);
            if (line.Data is not null)
                _heard?.Invoke(line.Data);
        };
        _process.ErrorDataReceived += (_, line) => Remember(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public IReadOnlyList<string> Output => [.. _output];

    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>Where it listens; null until it says so.</summary>
    public string? Address => Output.FirstOrDefault(l => l.Contains(Listening, StringComparison.Ordinal)) is { } line
        ? line[line.IndexOf(Listening, StringComparison.Ordinal)..].Split(' ')[0]
        : null;

    public bool BecameLeader => Output.Any(l => l.Contains("BECAME LEADER", StringComparison.Ordinal));

    public void Stop() => _ = Kill(_process.Id, Terminate);

    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await EndAsync();
        _process.Dispose();
    }

    private static void Remember(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null && lines.Count < 10_000)
            lines.Enqueue(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
