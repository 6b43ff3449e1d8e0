using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;

namespace AspireElection.Benchmarks;

/// <summary>A process that is given orders by lines, and answers by lines; it ends with whoever started it.</summary>
internal sealed class Child : IDisposable
{
    private const int ErrorsKept = 20;

    private readonly string _name;
    private readonly Process _process;
    private readonly Channel<string> _lines;
    private readonly ConcurrentQueue<string> _errors = new();

    private Child(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Channel<string>? lines)
    {
        _lines = lines ?? Channel.CreateUnbounded<string>();
        _name = string.Join(' ', [Path.GetFileNameWithoutExtension(program), .. arguments]);
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
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

    /// <summary>This program, as a word of <see cref="Parts.Children"/> makes it.</summary>
    /// <param name="arguments">The word, and what it takes.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="lines">Where its lines go; children that share it are heard in the order in which they speak.</param>
    public static Child OfThisProgram(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Channel<string>? lines = null) =>
        new(typeof(Child).Assembly.Location, arguments, environment, lines);

    /// <summary>The worker of the same build: bin/Benchmarks/CONFIGURATION of the artifacts folder has it beside itself.</summary>
    public static Child Worker(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var bin = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return new Child(Path.Combine(bin.Parent!.Parent!.FullName, "Workers", bin.Name, "Workers.dll"), arguments, environment, null);
    }

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
            throw new TimeoutException($"'{_name}' did not say '{beginning}' within {limit.TotalSeconds:0} s: {string.Join(' ', _errors)}", exception);
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
