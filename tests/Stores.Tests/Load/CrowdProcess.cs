using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AspireElection.FaultNodes;
using AspireElection.Faults.Harness;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Load;

/// <summary>A process that hosts many candidates.</summary>
internal sealed class CrowdProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();

    public CrowdProcess(string name, string store, string connection, int elections, int candidates, TimeSpan lease, int lockSessions)
    {
        Name = name;
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "FaultNode.dll"), Crowd.Word, store, name,
            .. new[] { elections, candidates, (int)lease.TotalMilliseconds, lockSessions }.Select(n => n.ToString(CultureInfo.InvariantCulture)),
        ];
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Crowd.Connection] = connection, [Variables.Owner] = $"{Environment.ProcessId}" },
        })!;
        _process.OutputDataReceived += (_, line) => Keep(_lines, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public ProcessSize? Size => ProcessSize.Of(_process.Id);

    public Task StandsAsync(TimeSpan limit) => AnswerAsync("standing", limit);

    /// <summary>How many of its candidates lead now.</summary>
    public Task<int> CountAsync() => NumberAsync("count");

    /// <summary>How many members each of its candidates knows at least.</summary>
    public Task<int> MembersAsync() => NumberAsync("members");

    /// <summary>All its leaders resign; returns when they have.</summary>
    public Task ResignAsync(TimeSpan limit)
    {
        Order("resign");
        return AnswerAsync("resigned", limit);
    }

    /// <summary>All its leaderships so far.</summary>
    public async Task<IReadOnlyList<CrowdReign>> ReportAsync()
    {
        var reigns = new List<CrowdReign>();
        Order("report");
        await AnswerAsync("reported", TimeSpan.FromSeconds(20), line =>
        {
            if (CrowdReign.Parse(line) is { } reign)
                reigns.Add(reign);
        });
        return reigns;
    }

    public TimeSpan Kill()
    {
        var at = RunClock.Now;
        Signal.Send(_process.Id, Signal.Kill);
        return at;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null && lines.Count < 100_000)
            lines.Enqueue(line);
    }

    private async Task<int> NumberAsync(string order)
    {
        Order(order);
        return int.Parse((await AnswerAsync(order + " ", TimeSpan.FromSeconds(20)))[(order.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private void Order(string order)
    {
        _process.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
    }

    private async Task<string> AnswerAsync(string beginning, TimeSpan limit, Action<string>? before = null)
    {
        for (var end = RunClock.Now + limit; ; await Task.Delay(2))
        {
            while (_lines.TryDequeue(out var line))
            {
                if (line.StartsWith(beginning, StringComparison.Ordinal))
                    return line;
                before?.Invoke(line);
            }

            if (RunClock.Now > end || _process.HasExited)
                throw new TimeoutException($"{Name} does not say '{beginning}' within {limit.TotalSeconds:0} s: {string.Join(' ', _errors)}");
        }
    }
}
