using System.Runtime.CompilerServices;
using AspireElection.Dashboard.Components;
using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;
using AspireElection.Dashboard.Words;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace AspireElection.Dashboard.Live;

/// <summary>
/// Renders what changes on the page, with one range of the timeline: once for all who look, at once after a change, and each second for the ages. While
/// nobody looks it renders nothing.
/// </summary>
internal sealed class LiveBoard(
    TimelineRange range, Watches watches, TimeProvider clock, IServiceProvider services, ILoggerFactory loggers, ILogger<LiveBoard> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    private readonly Pulse _rendered = new();
    private readonly Pulse _lookers = new();
    private Rendering? _newest;
    private int _looking;

    /// <summary>The newest rendering, then each later one; who is slow misses those between. The caller leaves by disposing.</summary>
    public async IAsyncEnumerable<string> LookAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looking);
        try
        {
            // A rendering of the time before somebody looked is old.
            var seen = Volatile.Read(ref _newest);
            var next = _rendered.Next;
            _lookers.Beat();
            while (true)
            {
                await next.WaitAsync(cancellationToken);
                next = _rendered.Next;
                if (Volatile.Read(ref _newest) is not { } newest || newest == seen)
                    continue;
                seen = newest;
                yield return newest.Html;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _looking);
        }
    }

    /// <summary>How many look.</summary>
    public int Looking => Volatile.Read(ref _looking);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RenderForEverAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops, perhaps before it was up: no failure.
        }
    }

    private async Task RenderForEverAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var looker = _lookers.Next;
            if (Looking == 0)
            {
                await looker.WaitAsync(stoppingToken);
                continue;
            }

            var change = watches.Changed.Next;
            try
            {
                Volatile.Write(ref _newest, new Rendering(await RenderAsync()));
                _rendered.Beat();
            }
            catch (Exception exception)
            {
                // The page says by itself that nothing comes any more; the next rendering may succeed.
                DashboardLog.RenderingFailed(logger, exception);
            }

            await Task.Delay(Burst, clock, stoppingToken);
            await Pulse.WaitAsync(Task.WhenAny(change, looker), Period, stoppingToken);
        }
    }

    private async Task<string> RenderAsync()
    {
        var pictures = watches.Pictures;
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>
        {
            [nameof(Board.Pictures)] = pictures,
            [nameof(Board.Verdict)] = Verdict.Of(pictures, clock),
            [nameof(Board.View)] = new PageView(range),
            [nameof(Board.Now)] = clock.GetUtcNow(),
        });
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(
            async () => (await renderer.RenderComponentAsync<Board>(parameters)).ToHtmlString());
    }

    private sealed class Rendering(string html)
    {
        public string Html => html;
    }
}
