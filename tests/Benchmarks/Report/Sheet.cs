using System.Globalization;

namespace AspireElection.Benchmarks.Report;

/// <summary>Figures as a table in Markdown.</summary>
internal static class Sheet
{
    public static string Table(IReadOnlyList<Figure> figures)
    {
        var rows = figures.Select(f => string.Create(
            CultureInfo.InvariantCulture,
            $"| {f.Name} | {f.Unit} | {f.Values.Count} | {f.Values.Min():0.##} | {f.Median:0.##} | {f.At(0.95):0.##} | {f.Worst:0.##} | {f.Limit:0.##} |"));
        return string.Join('\n',
            ["| figure | unit | rounds | min | median | p95 | worst | limit |", "|---|---|---:|---:|---:|---:|---:|---:|", .. rows]);
    }
}
