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
    public IReadOnlyDictionary<string, double> Ratios => Rows.Where(r => r.Ratio is not null).DistinctBy(r => r.Figure).ToDictionary(r => r.Figure, r => r.Ratio!.Value);
}
