using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>This program as a child of itself: it is given orders by lines, and answers by lines.</summary>
internal sealed class OwnProcess : IDisposable
{
    private const int ErrorsKept = 20;

    private readonly string _name;
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _errors = new();

    public OwnProcess(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        _name = string.Join(' ', arguments);
        var start = new ProcessStartInfo("dotnet", [typeof(OwnProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Complain(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public void Order(string order)
    {
        _process.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
    }

    /// <summary>The next line that begins so, without its beginning; lines before it are dropped.</summary>
    public async Task<string> AnswerAsync(string beginning, TimeSpan limit, CancellationToken stop)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop);
        bound.CancelAfter(limit);
        try
        {
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(bound.Token);
                if (line.StartsWith(beginning, StringComparison.Ordinal))
                    return line[beginning.Length..];
            }
        }
        catch (Exception exception) when (exception is ChannelClosedException || (exception is OperationCanceledException && !stop.IsCancellationRequested))
        {
            throw new InvalidOperationException(
                $"'{_name}' did not say '{beginning}' within {limit.TotalSeconds:0} s: {string.Join(' ', _errors)}", exception);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            _lines.Writer.TryComplete();
        else
            _lines.Writer.TryWrite(line);
    }

    private void Complain(string? line)
    {
        if (line is not null && _errors.Count < ErrorsKept)
            _errors.Enqueue(line);
    }
}
