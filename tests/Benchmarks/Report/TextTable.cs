namespace AspireElection.Benchmarks.Report;

/// <summary>A table in Markdown whose columns are aligned for a terminal as well.</summary>
internal static class TextTable
{
    /// <param name="heads">A head that ends with a colon is of a column that is aligned to the right.</param>
    /// <param name="rows">As many cells each as there are heads.</param>
    public static string Of(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        var right = heads.Select(h => h.EndsWith(':')).ToList();
        var all = rows.Prepend([.. heads.Select(h => h.TrimEnd(':'))]).ToList();
        var widths = heads.Select((_, column) => Math.Max(3, all.Max(r => r[column].Length))).ToList();
        var lines = all.ConvertAll(row => $"| {string.Join(" | ", row.Select((cell, i) => right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])))} |");
        lines.Insert(1, $"|{string.Join('|', widths.Select((width, i) => right[i] ? new string('-', width + 1) + ':' : new string('-', width + 2)))}|");
        return string.Join('\n', lines);
    }
}
