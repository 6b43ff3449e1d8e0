using System.Text.Json.Serialization;

namespace AspireElection.Benchmarks.Report;

/// <summary>Everything that a run has found.</summary>
/// <param name="Quick">Whether it was a quick one.</param>
/// <param name="Rounds">How often each thing was to be done.</param>
/// <param name="Began">When, UTC.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Machine">On what.</param>
/// <param name="Rows">Its figures.</param>
/// <param name="NotMeasured">What could not be measured, and why.</param>
/// <param name="Broken">What must never be and was seen.</param>
/// <param name="Told">What else people should know, such as rounds that failed.</param>
internal sealed record Findings(
    bool Quick,
    int Rounds,
    DateTimeOffset Began,
    double Seconds,
    Machine Machine,
    IReadOnlyList<Row> Rows,
    IReadOnlyList<NotMeasured> NotMeasured,
    IReadOnlyList<string> Broken,
    IReadOnlyList<string> Told)
{
    /// <summary>Each figure's ratio to its peer.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, double> Ratios =>
        Rows.Where(r => r.Ratio is not null).DistinctBy(r => r.Figure).ToDictionary(r => r.Figure, r => r.Ratio!.Value);

    /// <summary>With these parts as a later run found them, which is said in what is told.</summary>
    /// <exception cref="FormatException">The later run has not measured one of them, or not as often.</exception>
    public Findings With(Findings later, IReadOnlyList<string> parts)
    {
        if (parts.FirstOrDefault(p => !later.Rows.Any(r => r.Part == p)) is { } missing)
            throw new FormatException($"--only {missing}: the last run of single parts has not measured it; make one with ./run bench --only {missing}");
        if (later.Rounds != Rounds)
            throw new FormatException($"--only: the last run of single parts is of {later.Rounds} rounds, the full one of {Rounds}");
        var rows = Rows.Select(r => r.Part).Concat(parts).Distinct()
            .SelectMany(p => (parts.Contains(p) ? later : this).Rows.Where(r => r.Part == p));
        return this with
        {
            Rows = [.. rows],
            Told =
            [
                .. Told.Where(t => !IsOf(parts, t)),
                .. later.Told.Where(t => IsOf(parts, t)),
                .. parts.Select(p => $"{p}: measured by itself, {later.Began:yyyy-MM-dd HH:mm} UTC, commit {later.Machine.Commit}"),
            ],
        };
    }

    private static bool IsOf(IReadOnlyList<string> parts, string told) => parts.Any(p => told.StartsWith($"{p}: ", StringComparison.Ordinal));
}
