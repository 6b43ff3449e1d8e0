using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>A stand as the benchmark sees it: its orders and its answers.</summary>
internal sealed class StandProcess : IAsyncDisposable
{
    private const int LinesKept = 20;

    private readonly Process _process;
    private readonly string _name;
    private readonly TimeSpan _patience;
    private readonly Channel<Line> _lines = Channel.CreateUnbounded<Line>();
    private readonly List<Line> _skipped = [];
    private readonly ConcurrentQueue<string> _errors = new();

    private StandProcess(StandProgram program, string node)
    {
        (_name, _patience) = ($"{program.Name} {node}", program.Patience);
        _process = Process.Start(program.InfoOf(node))!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static StandProcess Start(StandProgram program, string node) => new(program, node);

    /// <summary>Returns when it is connected and takes orders.</summary>
    public Task ReadyAsync() => SaysAsync(StandCommand.Ready);

    /// <summary>Returns when it stands in the line or leads.</summary>
    public Task StandAsync()
    {
        Order("stand");
        return SaysAsync(StandCommand.Stands);
    }

    /// <summary>When it knew that it leads, by its own word, and when that was heard.</summary>
    public async Task<(long At, long HeardAt)> LeadsAsync()
    {
        var line = await SaysAsync(Stamps.Leads);
        return (line.Stamp, line.HeardAt);
    }

    /// <summary>Orders it to resign; returns when it was about to, by its own word, and when it was ordered to.</summary>
    public async Task<(long At, long OrderedAt)> ResignAsync()
    {
        var orderedAt = Stamps.Now;
        Order("resign");
        return ((await SaysAsync(Stamps.Resigning)).Stamp, orderedAt);
    }

    public Task ResignedAsync() => SaysAsync(StandCommand.Resigned);

    /// <summary>SIGKILL; returns the instant before it.</summary>
    public long Kill()
    {
        var at = Stamps.Now;
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

    private void Order(string order)
    {
        _process.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
    }

    /// <summary>The next line that begins so; others stay for who asks for them.</summary>
    private async Task<Line> SaysAsync(string word)
    {
        if (_skipped.FindIndex(l => l.Says(word)) is >= 0 and var found)
        {
            var said = _skipped[found];
            _skipped.RemoveAt(found);
            return said;
        }

        using var limit = new CancellationTokenSource(_patience);
        try
        {
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(limit.Token);
                if (line.Says(word))
                    return line;
                _skipped.Add(line);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"{_name} does not say '{word}': {string.Join(' ', _errors)}", exception);
        }
    }

    private void Hear(string? line)
    {
        if (line is null)
            _lines.Writer.TryComplete();
        else
            _lines.Writer.TryWrite(new Line(line, Stamps.Now));
    }

    private void Remember(string? line)
    {
        if (line is null)
            return;
        _errors.Enqueue(line);
        while (_errors.Count > LinesKept)
            _errors.TryDequeue(out _);
    }

    private readonly record struct Line(string Text, long HeardAt)
    {
        /// <summary>What stands behind the word.</summary>
        public long Stamp => long.Parse(Text.Split(' ')[1], CultureInfo.InvariantCulture);

        public bool Says(string word) => Text.Split(' ')[0] == word;
    }
}
