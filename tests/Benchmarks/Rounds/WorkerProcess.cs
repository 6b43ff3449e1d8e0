using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>A worker as a process of its own, known by the event lines that it prints.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Channel<(DateTimeOffset At, string Text)> _events;
    private readonly List<string> _errors = [];

    public WorkerProcess(string nodeId, Channel<(DateTimeOffset At, string Text)> events, IEnumerable<string> flags, IReadOnlyDictionary<string, string> environment)
    {
        NodeId = nodeId;
        _events = events;
        // bin/Benchmarks/<configuration> of the artifacts folder: the worker of the same build lies beside it.
        var bin = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var worker = Path.Combine(bin.Parent!.Parent!.FullName, "Workers", bin.Name, "Workers.dll");
        var start = new ProcessStartInfo("dotnet", [worker, "--node-id", nodeId, "--status-line", "false", .. flags])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => { if (line.Data is not null) _errors.Add(line.Data); };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string NodeId { get; }

    public string? Address { get; private set; }

    public int Id => _process.Id;

    /// <summary>Waits until any worker of the channel became leader.</summary>
    public static async Task<(DateTimeOffset At, string NodeId)> NextLeaderAsync(Channel<(DateTimeOffset At, string Text)> events)
    {
        using var limit = new CancellationTokenSource(Bound);
        while (true)
        {
            var (at, text) = await events.Reader.ReadAsync(limit.Token);
            if (text.Contains("BECAME LEADER", StringComparison.Ordinal))
                return (at, text[(text.IndexOf('[', StringComparison.Ordinal) + 1)..text.IndexOf(']', StringComparison.Ordinal)]);
        }
    }

    public async Task ListensAsync()
    {
        var endsAt = Stopwatch.GetTimestamp() + (long)(Bound.TotalSeconds * Stopwatch.Frequency);
        while (Address is null)
        {
            if (Stopwatch.GetTimestamp() > endsAt || _process.HasExited)
                throw new InvalidOperationException($"{NodeId} did not start:\n{string.Join('\n', _errors)}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Event lines begin with their own time, so that a busy reader does not falsify it.</summary>
    private void Keep(string? line)
    {
        if (line is null)
            return;
        if (line.IndexOf("http://127.0.0.1:", StringComparison.Ordinal) is >= 0 and var found && Address is null)
            Address = line[found..].Split(' ')[0];
        if (line.Split(' ', 2) is [var time, var text] &&
            DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
        {
            _events.Writer.TryWrite((at, text));
        }
    }
}
