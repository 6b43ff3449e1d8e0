using System.Globalization;

namespace AspireElection.Benchmarks;

/// <summary>What was measured over some rounds.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">What it shall not exceed, in words.</param>
/// <param name="Rounds">One value for each round.</param>
internal sealed record Figure(string Name, string Unit, string Limit, IReadOnlyList<double> Rounds)
{
    public double Median => At(0.5);

    public double Worst => Rounds.Max();

    public double At(double part)
    {
        var sorted = Rounds.Order().ToList();
        return sorted[(int)Math.Round((sorted.Count - 1) * part)];
    }

    public static string Table(IEnumerable<Figure> figures)
    {
        var rows = figures.Select(f => string.Create(
            CultureInfo.InvariantCulture,
            $"| {f.Name} | {f.Unit} | {f.Rounds.Count} | {f.Rounds.Min():0.##} | {f.Median:0.##} | {f.At(0.95):0.##} | {f.Worst:0.##} | {f.Limit} |"));
        return string.Join('\n',
            ["| figure | unit | rounds | min | median | p95 | worst | limit |", "|---|---|---:|---:|---:|---:|---:|---|", .. rows]);
    }
}
