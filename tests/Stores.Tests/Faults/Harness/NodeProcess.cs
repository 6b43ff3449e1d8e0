using System.Diagnostics;
using System.Globalization;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Workers;

namespace AspireElection.Faults.Harness;

/// <summary>One life of a node: its process, and what it prints and answers, which goes into the recording.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly WorkerProcess _process;
    private readonly Recording _recording;
    private readonly CancellationTokenSource _ending = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { Timeout = Timeout.InfiniteTimeSpan };
    private volatile ElectionAnswer? _last;
    private Task _asking = Task.CompletedTask;
    private bool _expectedToEnd;

    public NodeProcess(string name, ProcessStartInfo info, IEnumerable<string> variables, Recording recording)
    {
        Name = name;
        _recording = recording;
        _process = new WorkerProcess(info, variables, Hear);
    }

    /// <summary>Node and number of the life, such as <c>n1#2</c>.</summary>
    public string Name { get; }

    public Uri? Address { get; private set; }

    public bool IsFrozen { get; private set; }

    public bool HasEnded => _process.HasEnded;

    /// <summary>It was told to end, and may not have done so yet.</summary>
    public bool IsToEnd => _expectedToEnd;

    public ProcessSize? Size => ProcessSize.Of(_process.Id);

    /// <summary>Its newest answer; null before the first and after the end.</summary>
    public ElectionAnswer? Last => HasEnded ? null : _last;

    public IReadOnlyList<string> Output => _process.Output;

    public IReadOnlyList<string> Errors => _process.Errors;

    /// <summary>What it said of its terms since an instant, for the message of a test that failed.</summary>
    public string SaidSince(TimeSpan from) => string.Join(
        '\n', Output.Where(l => EventLine.Parse(l) is { } said && said.At >= from).TakeLast(40).Prepend($"{Name}:"));

    public int Id => _process.Id;

    public Task ListensAsync() => RunClock.UntilAsync(
        () => Address is not null || HasEnded, StartLimit, () => $"{Name} listens; it wrote {string.Join('\n', Errors)}");

    /// <summary>When the signal was sent.</summary>
    public TimeSpan Kill()
    {
        _expectedToEnd = true;
        return Stopped(Send(Signal.Kill));
    }

    /// <summary>When the signal was sent.</summary>
    public TimeSpan Terminate()
    {
        _expectedToEnd = true;
        return Send(Signal.Terminate);
    }

    public TimeSpan Freeze()
    {
        IsFrozen = true;
        return Stopped(Send(Signal.Stop));
    }

    public TimeSpan Continue()
    {
        IsFrozen = false;
        return Send(Signal.Continue);
    }

    public async Task<int> EndAsync()
    {
        var code = await _process.EndAsync();
        Stopped(RunClock.Now);
        await _asking;
        return code;
    }

    public async Task<string> GetAsync(string path)
    {
        // Not over the recorder's connection, which may be waiting for an answer.
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return await http.GetStringAsync(new Uri(Address!, path));
    }

    public async Task<int> PostAsync(string path)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Node.AdminToken);
        using var answer = await http.PostAsync(new Uri(Address!, path), null);
        return (int)answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _expectedToEnd = true;
        await _ending.CancelAsync();
        if (!HasEnded)
            Kill();
        await EndAsync();
        await _process.DisposeAsync();
        _http.Dispose();
        _ending.Dispose();
    }

    private TimeSpan Send(int signal)
    {
        var at = RunClock.Now;
        Signal.Send(_process.Id, signal);
        return at;
    }

    /// <summary>Its job writes no more; where it goes on later, it hears at once that its term is over.</summary>
    private TimeSpan Stopped(TimeSpan at)
    {
        _recording.Stopped(Name, at);
        return at;
    }

    private void Hear(string line)
    {
        if (line.StartsWith("listening: ", StringComparison.Ordinal))
        {
            Address = new Uri(line["listening: ".Length..]);
            _asking = AskAsync();
        }

        if (EventLine.Parse(line) is not { } said)
            return;
        if (said.What == EventLine.Became)
            _recording.Became(Name, said.At, said.Term);
        else if (said.What is EventLine.Lost or EventLine.ToldLost)
            _recording.Ended(Name, said.At, said.Term);
        else if (said.What == EventLine.JobStarted)
            _recording.JobBegan(Name, said.At, said.Term);
        else if (said.What == EventLine.JobEnded)
            _recording.JobEnded(Name, said.At, said.Term);
    }

    /// <summary>Asks again and again, one question at a time: the answers of one process are in order.</summary>
    private async Task AskAsync()
    {
        while (!HasEnded && !_ending.IsCancellationRequested)
        {
            var pause = Pause;
            try
            {
                var sent = RunClock.Now;
                var json = await _http.GetByteArrayAsync(new Uri(Address!, "/election"), _ending.Token);
                var answered = RunClock.Now;
                var answer = ElectionAnswer.Parse(json);
                _recording.Answered(Name, sent, answered, answer.Term, answer.IsLeader);
                _last = answer;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (HttpRequestException)
            {
                // It is about to end, or was killed in the middle of an answer.
                pause = PauseAfterError;
            }

            await Task.Delay(pause);
        }

        if (HasEnded && !_expectedToEnd)
            _recording.Found(RunClock.Now, string.Create(CultureInfo.InvariantCulture, $"{Name} ended by itself: {string.Join(' ', Errors.TakeLast(5))}"));
    }
}
