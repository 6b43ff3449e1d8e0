using System.Diagnostics;
using System.Globalization;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks;

/// <summary>Measures part after part; what one has found stays when a later one fails.</summary>
internal sealed class Bench(Options options, CancellationToken stop)
{
    private readonly DateTimeOffset _began = DateTimeOffset.UtcNow;
    private readonly double _loadBefore = MachineFacts.Load();
    private readonly IReadOnlyList<IPart> _parts =
    [
        .. Parts.All.Where(p => options.Only.Count > 0 ? options.Only.Contains(p.Name) : p.IsQuick || !options.Quick),
    ];

    public async Task<int> RunAsync()
    {
        await using var servers = new Servers();
        var run = await MeasureAsync(_parts, servers, again: false);
        var findings = await FindingsAsync(run, servers);
        Write(findings);
        Console.WriteLine(Sheet.Page(findings));
        var worse = options.Quick && !stop.IsCancellationRequested ? await CompareAsync(findings, servers) : [];
        foreach (var broken in run.Broken.Concat(worse))
            Console.Error.WriteLine($"WRONG: {broken}");
        return run.Broken.Count + worse.Count == 0 && !stop.IsCancellationRequested ? 0 : 1;
    }

    /// <summary>A ratio that is worse than the committed one may be a busy machine's: its part is measured up to twice again.</summary>
    private async Task<IReadOnlyList<string>> CompareAsync(Findings findings, Servers servers)
    {
        const int mostTries = 3;
        var committed = Committed.Read(Folders.CommittedFile).Quick?.Ratios ?? new Dictionary<string, double>();
        if (options.Only.Count > 0)
            committed = committed.Where(c => findings.Ratios.ContainsKey(c.Key)).ToDictionary();
        var measured = new List<IReadOnlyDictionary<string, double>> { findings.Ratios };
        var compared = Comparison.Of(committed, measured);
        while (compared.Any(c => c.IsWorse) && measured.Count < mostTries && !stop.IsCancellationRequested)
        {
            var suspects = Suspects(compared, findings.Rows);
            Progress.Tell($"Measured again, because a ratio was worse than the committed one: {string.Join(", ", suspects.Select(p => p.Name))}");
            measured.Add((await FindingsAsync(await MeasureAsync(suspects, servers, again: true), servers)).Ratios);
            compared = Comparison.Of(committed, measured);
        }

        Console.WriteLine($"\n{Comparison.Table(compared)}");
        return [.. compared.Where(c => c.IsWorse).Select(c => c.Complaint)];
    }

    /// <summary>Those that measured the figure, and those that measured its peer.</summary>
    private List<IPart> Suspects(IReadOnlyList<Comparison> compared, IReadOnlyList<Row> rows)
    {
        var worse = rows.Where(r => compared.Any(c => c.IsWorse && c.Figure == r.Figure)).ToList();
        var names = worse.Select(r => r.Part).Concat(rows.Where(r => worse.Any(w => w.Peer == r.Figure)).Select(r => r.Part)).ToHashSet();
        return [.. _parts.Where(p => names.Contains(p.Name))];
    }

    private async Task<Run> MeasureAsync(IReadOnlyList<IPart> parts, Servers servers, bool again)
    {
        var run = new Run(options.Quick, options.Rounds, servers, stop);
        for (var i = 0; i < parts.Count && !stop.IsCancellationRequested; i++)
        {
            Progress.Begin(parts[i].Name, parts[i].Estimate(run), parts.Skip(i + 1).Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Estimate(run)));
            await MeasureAsync(parts[i], run);
            // What is found is kept, whatever happens to the parts that follow.
            if (!options.Quick && !again)
                Write(await FindingsAsync(run, servers));
        }

        return run;
    }

    private async Task MeasureAsync(IPart part, Run run, bool again = false)
    {
        var beganAt = Stopwatch.GetTimestamp();
        run.Begin(part.Name);
        try
        {
            await part.MeasureAsync(run);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            run.CannotMeasure(part.Name, "the run was stopped");
        }
        catch (Exception exception) when (options.Quick && !again)
        {
            run.Tell($"measured again, because the first time failed: {exception.GetType().Name}: {exception.Message}");
            await MeasureAsync(part, run, again: true);
            return;
        }
        catch (Exception exception)
        {
            run.Breaks($"was not measured to its end: {exception.GetType().Name}: {exception.Message}");
        }

        Progress.Tell(string.Create(CultureInfo.InvariantCulture, $"{part.Name}: {Stopwatch.GetElapsedTime(beganAt).TotalSeconds:0} s"));
    }

    private async Task<Findings> FindingsAsync(Run run, Servers servers) => new(
        options.Quick,
        options.Rounds,
        _began,
        Math.Round((DateTimeOffset.UtcNow - _began).TotalSeconds),
        MachineFacts.Of(await servers.VersionsAsync(), _loadBefore),
        Row.Of(run.Figures),
        run.NotMeasured,
        run.Broken,
        run.Told);

    private void Write(Findings findings)
    {
        var path = options.Only.Count > 0 ? Folders.Partial : options.Quick ? Folders.Quick : Folders.Full;
        File.WriteAllText($"{path}.md", Sheet.Page(findings));
        if (options.Quick && options.Only.Count == 0)
            Committed.WriteFile($"{path}.json", QuickHistory.After(Committed.ReadFile<QuickHistory>($"{path}.json"), findings, findings.Ratios));
        else
            Committed.WriteFile($"{path}.json", findings);
    }
}
