using System.Text.Json.Serialization;

namespace AspireElection.Benchmarks.Report;

/// <summary>The committed ratios, and where they come from.</summary>
internal sealed record QuickRatios(string Commit, DateTimeOffset Began, Machine Machine, IReadOnlyDictionary<string, double> Ratios);

/// <summary>The quick runs of one commit on this machine, newest last.</summary>
/// <param name="Commit">Whose.</param>
/// <param name="Last">The newest in full.</param>
/// <param name="Ratios">Of each run.</param>
internal sealed record QuickHistory(string Commit, Findings Last, IReadOnlyList<IReadOnlyDictionary<string, double>> Ratios)
{
    private const int Most = 9;

    [JsonIgnore]
    public IReadOnlyDictionary<string, double> Medians => Ratios.SelectMany(r => r.Keys).Distinct().Order(StringComparer.Ordinal).ToDictionary(
        figure => figure,
        figure => Ratios.Where(r => r.ContainsKey(figure)).Select(r => r[figure]).Order().ToList() is var all ? all[all.Count / 2] : 0);

    /// <summary>Adds a run; those of another commit tell nothing of this one.</summary>
    public static QuickHistory After(QuickHistory? before, Findings run, IReadOnlyDictionary<string, double> ratios) => new(
        run.Machine.Commit,
        run with { Rows = [.. run.Rows.Select(r => r with { Values = null })] },
        before is not null && before.Commit == run.Machine.Commit ? [.. before.Ratios.TakeLast(Most - 1), ratios] : [ratios]);
}
