using System.Globalization;

namespace AspireElection.Benchmarks.Report;

/// <summary>What a run has found, as a page in Markdown.</summary>
internal static class Sheet
{
    private static readonly string[] Heads =
        ["figure", "unit", "rounds:", "median:", "p5–p95:", "worst:", "limit:", "peer", "ratio:", ""];

    /// <summary>The page as git keeps it, with what a reader has to know first.</summary>
    public static string CommittedPage(Findings findings) => $"""
        # Measured

        `./run bench` writes this page, and `./run bench --commit-table` copies it here: medians with their spread, of whole worker processes
        and real servers on one machine. A ratio is a figure's median by that of its peer in the same run: the bare limit (a loop over the same client
        that does nothing else), or what others use. {Row.Judges}, but for a limit
        of "all ≥", which every round has to keep. –: nothing is asked for. Rounds that failed are counted in brackets and are in no other column.

        {Page(findings)}
        """.ReplaceLineEndings("\n");

    public static string Page(Findings findings)
    {
        var (machine, began) = (findings.Machine, findings.Began.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{(findings.Quick ? "A quick run" : "One run")} of {began}, {findings.Seconds / 60:0.#} min, commit {machine.Commit}: {machine.Cores} cores, {machine.Memory:0} GB, {machine.System}, Linux {machine.Kernel}, .NET {machine.DotNet}{string.Concat(machine.Servers.Select(s => $", {s.Key} {s.Value}"))}; load average {machine.LoadBefore:0.0} at its begin, {machine.LoadAfter:0.0} at its end."),
        };
        foreach (var part in findings.Rows.GroupBy(r => r.Part))
            lines.AddRange(["", $"### {part.Key}", "", Table(part)]);
        AddList(lines, "Not measured", findings.NotMeasured.Select(n => $"{n.Name}: {n.Why}"));
        AddList(lines, "Told by the run", findings.Told);
        AddList(lines, "Wrong", findings.Broken);
        return string.Join('\n', lines) + '\n';
    }

    public static string Table(IEnumerable<Row> rows) => TextTable.Of(Heads, rows.SelectMany(Lines));

    /// <summary>How many are behind a figure, and how many are not because they failed: those may have been the slow ones.</summary>
    public static string Rounds(Row row) => string.Create(CultureInfo.InvariantCulture, $"{row.Rounds}{(row.Failed > 0 ? $" (+{row.Failed} failed)" : string.Empty)}");

    private static void AddList(List<string> lines, string title, IEnumerable<string> items)
    {
        var all = items.Select(i => $"- {i.ReplaceLineEndings(" ")}").ToList();
        if (all.Count > 0)
            lines.AddRange(["", $"### {title}", "", .. all]);
    }

    private static IEnumerable<IReadOnlyList<string>> Lines(Row row)
    {
        yield return
        [
            Cell(row.Figure), row.Unit, Rounds(row), Numbers.Text(row.Median), $"{Numbers.Text(row.P5)}–{Numbers.Text(row.P95)}", Numbers.Text(row.Worst),
            Limit(row), Cell(row.Peer ?? string.Empty), Ratio(row), row.Verdict,
        ];
        foreach (var (peer, ratio) in row.Beside)
            yield return ["… beside", "", "", "", "", "", "", Cell(peer), Numbers.Text(ratio), Row.Told];
    }

    /// <summary>A bar would begin the next cell.</summary>
    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Limit(Row row) => row.Floor is { } floor
        ? $"all ≥ {floor.ToString(CultureInfo.InvariantCulture)} (least {Numbers.Text(row.Least)})"
        : row.Limit is { } limit ? Numbers.Text(limit) : string.Empty;

    private static string Ratio(Row row) => row.Ratio is { } ratio
        ? Numbers.Text(ratio) + (row.RatioLimit is { } most ? $" (≤ {Numbers.Text(most)})" : string.Empty)
        : string.Empty;
}
