using System.Globalization;

namespace AspireElection.Benchmarks.Report;

/// <summary>The figures that people look for first, between two marks of the README.</summary>
internal static class ReadmeFigures
{
    private const string Begin = "<!-- figures: written by ./run bench --commit-table -->";
    private const string End = "<!-- end of figures -->";

    private static readonly string[] Heads = ["figure", "unit", "rounds:", "median:", "p5–p95:", "worst:", "asked", "beside", "ratio:", ""];

    /// <summary>A page with these figures in place of those that it has; null where it lacks the marks.</summary>
    public static string? Replaced(string page, Findings findings)
    {
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        return begin < 0 || end < begin ? null : $"{page[..begin]}{Begin}\n{Text(findings)}\n{page[end..]}";
    }

    private static string Text(Findings findings)
    {
        var rows = findings.Rows.Where(IsAsked).ToList();
        var missed = rows.Where(r => r.Verdict == Row.Missed).Select(r => r.Figure).ToList();
        return string.Create(CultureInfo.InvariantCulture, $"""
            From the last committed run: {findings.Began:yyyy-MM-dd}, commit {findings.Machine.Commit}, up to {findings.Rounds} rounds each, {findings.Machine.Cores} cores; the whole table with its machine is
            [there](docs/benchmarks.md). {Row.Judges}.
            **Not reached**: {(missed.Count == 0 ? "nothing that is asked for" : string.Join("; ", missed))}.

            {TextTable.Of(Heads, rows.Select(Cells))}
            """).ReplaceLineEndings("\n");
    }

    /// <summary>Something is asked of it; of leases those of two seconds, of crowds the largest.</summary>
    private static bool IsAsked(Row row) =>
        row is { Verdict: not Row.Told, Floor: null }
        && row.Part switch
        {
            "one-election" => row.Figure.Contains("1,000", StringComparison.Ordinal),
            "many-elections" => row.Figure.Contains("10,000", StringComparison.Ordinal),
            _ => !row.Figure.Contains(" s lease", StringComparison.Ordinal)
                || (row.Figure.Contains(" 2 s lease", StringComparison.Ordinal) && row.Figure.Contains("next leader", StringComparison.Ordinal)),
        };

    private static IReadOnlyList<string> Cells(Row row) =>
    [
        row.Figure, row.Unit, Sheet.Rounds(row), Numbers.Text(row.Median), $"{Numbers.Text(row.P5)}–{Numbers.Text(row.P95)}", Numbers.Text(row.Worst),
        row.Limit is { } limit ? $"≤ {Numbers.Text(limit)}" : $"≤ {Numbers.Text(row.RatioLimit)} ×", row.Peer ?? string.Empty, Numbers.Text(row.Ratio), row.Verdict,
    ];
}
