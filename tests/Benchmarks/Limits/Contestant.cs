using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Limits;

/// <summary>One thing that is measured round by round. A round that is not reliable is counted and ends nothing.</summary>
internal abstract class Contestant : IAsyncDisposable
{
    /// <summary>Until this many rounds failed: each of them waited for its bound.</summary>
    private const int MostFailures = 4;

    private readonly List<double> _values = [];

    public IReadOnlyList<double> Values => _values;

    public int Failed { get; private set; }

    public bool GivesUp => Failed >= MostFailures;

    /// <summary>Why the last round failed; null while none did.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Everybody stands as the next round needs it.</summary>
    public Task PrepareAsync() => TryAsync(ReadyAsync);

    /// <summary>The round itself; nothing where preparing failed.</summary>
    public Task MeasureAsync() => TryAsync(async () =>
    {
        if (IsReady)
            _values.Add(await RoundAsync());
    });

    public Figure ToFigure(string name) => new(name, "ms", Values) { Failed = Failed };

    public abstract ValueTask DisposeAsync();

    protected abstract bool IsReady { get; }

    protected abstract Task ReadyAsync();

    /// <summary>Milliseconds.</summary>
    protected abstract Task<double> RoundAsync();

    /// <summary>Ends what the failed round left, so that the next begins anew.</summary>
    protected abstract ValueTask ResetAsync();

    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            if (!GivesUp)
                await step();
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException { InnerException: TimeoutException }
            or IOException or HttpRequestException or InvalidOperationException or StoreUnavailableException)
        {
            Failed++;
            Trouble = exception.Message;
            await ResetAsync();
        }
    }
}
