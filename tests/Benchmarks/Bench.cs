using System.Diagnostics;
using System.Globalization;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks;

/// <summary>Measures part after part; what one has found stays when a later one fails.</summary>
internal sealed class Bench(Options options, CancellationToken stop)
{
    private readonly IReadOnlyList<IPart> _parts =
    [
        .. Parts.All.Where(p => options.Only.Count > 0 ? options.Only.Contains(p.Name) : p.IsQuick || !options.Quick),
    ];

    public async Task<int> RunAsync()
    {
        await using var servers = new Servers();
        var run = new Run(options.Quick, options.Rounds, servers, stop);
        if (options.List)
        {
            foreach (var part in Parts.All)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Name,-24} {(part.IsQuick ? "quick" : string.Empty),-6} about {part.Estimate(run).TotalSeconds:0} s"));
            return 0;
        }

        foreach (var part in _parts)
        {
            if (!stop.IsCancellationRequested)
                await MeasureAsync(part, run);
        }

        Console.WriteLine(Sheet.Table(run.Figures));
        foreach (var broken in run.Broken)
            Console.Error.WriteLine(broken);
        return run.Broken.Count == 0 && !stop.IsCancellationRequested ? 0 : 1;
    }

    private async Task MeasureAsync(IPart part, Run run)
    {
        var beganAt = Stopwatch.GetTimestamp();
        run.Begin(part.Name);
        try
        {
            await part.MeasureAsync(run);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            run.CannotMeasure(part.Name, "the run was stopped");
        }
#pragma warning disable CA1031 // whatever ends one part: the others are still worth their time
        catch (Exception exception)
#pragma warning restore CA1031
        {
            run.Breaks($"was not measured to its end: {exception.GetType().Name}: {exception.Message}");
        }

        Progress.Clear();
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Name}: {Stopwatch.GetElapsedTime(beganAt).TotalSeconds:0} s"));
    }
}
