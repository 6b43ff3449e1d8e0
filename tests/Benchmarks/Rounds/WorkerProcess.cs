using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>A worker as a process of its own, known by the event lines that it prints and by what it answers.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const string AdminToken = "benchmark-admin-token";
    private const string Listening = "listening: ";
    private const int MostErrors = 5;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the runtime waits before it compiles in the background what was called often.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    /// <summary>In that time, which is a tick of the system's: renewals need less, compiling needs more.</summary>
    private static readonly TimeSpan QuietUse = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(15);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Process _process;
    private readonly string _election;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WorkerProcess(string nodeId, string election, IEnumerable<string> flags, IEnumerable<(string Name, string Value)> variables, Action<Said> hear)
    {
        NodeId = nodeId;
        _election = election;
        // bin/Benchmarks/<configuration> of the artifacts folder: the worker of the same build lies beside it.
        var bin = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var worker = Path.Combine(bin.Parent!.Parent!.FullName, "Workers", bin.Name, "Workers.dll");
        var start = new ProcessStartInfo("dotnet", [worker, "--node-id", nodeId, "--lock-name", election, "--status-line", "false", .. flags])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ELECTION_ADMIN_TOKEN"] = AdminToken;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        Orphans.Born(_process.Id);
        _process.OutputDataReceived += (_, line) => Hear(line.Data, hear);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string NodeId { get; }

    public async Task ListensAsync(CancellationToken stop)
    {
        try
        {
            await _address.Task.WaitAsync(StartLimit, TimeProvider.System, stop);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{NodeId} did not start within {StartLimit.TotalSeconds:0} s: {string.Join(' ', _errors)}");
        }
    }

    /// <summary>Returns when it uses next to no processor time: what it runs has been compiled, and it waits.</summary>
    public async Task RestsAsync(CancellationToken stop)
    {
        var end = DateTimeOffset.UtcNow + RestLimit;
        for (var before = Used(); DateTimeOffset.UtcNow < end; before = Used())
        {
            await Task.Delay(Quiet, TimeProvider.System, stop);
            if (Used() - before <= QuietUse)
                return;
        }

        throw new TimeoutException($"{NodeId} did not come to rest within {RestLimit.TotalSeconds:0} s");
    }

    public async Task<Answer> AskAsync(CancellationToken stop) => Answer.Parse(await Http.GetByteArrayAsync($"{await _address.Task}/election", stop));

    /// <summary>When the order was sent.</summary>
    public async Task<DateTimeOffset> OrderAsync(string drill, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await _address.Task}/election/{_election}/{drill}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
        var at = DateTimeOffset.UtcNow;
        using var answer = await Http.SendAsync(request, stop);
        answer.EnsureSuccessStatusCode();
        return at;
    }

    /// <summary>When the signal was sent.</summary>
    public DateTimeOffset Send(int signal)
    {
        var at = DateTimeOffset.UtcNow;
        Signal.Send(_process.Id, signal);
        return at;
    }

    /// <summary>Waits for an orderly end, and kills what takes too long.</summary>
    public async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Send(Signal.Kill);
            _process.WaitForExit();
        }

        Orphans.Gone(_process.Id);
    }

    public async ValueTask DisposeAsync()
    {
        Send(Signal.Kill);
        await EndAsync();
        _process.Dispose();
    }

    private TimeSpan Used()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    private void Hear(string? line, Action<Said> hear)
    {
        if (line is null)
            _address.TrySetException(new InvalidOperationException($"{NodeId} ended before it listened: {string.Join(' ', _errors)}"));
        else if (line.StartsWith(Listening, StringComparison.Ordinal))
            _address.TrySetResult(line[Listening.Length..].Split(' ')[0].TrimEnd('/'));
        else if (Said.Parse(line) is { } said)
            hear(said);
    }

    private void Remember(string? line)
    {
        // A trace has more lines than are kept, and the folders of this machine: what it is about stands above it.
        if (line is null || line.StartsWith("   at ", StringComparison.Ordinal))
            return;
        _errors.Enqueue(line);
        while (_errors.Count > MostErrors)
            _errors.TryDequeue(out _);
    }
}
