namespace AspireElection.Benchmarks.Report;

/// <summary>A ratio beside the committed one. Times of two machines cannot be compared, ratios of one run each can.</summary>
/// <param name="Figure">Whose ratio to its peer.</param>
/// <param name="Committed">What the committed table says; null where it says nothing.</param>
/// <param name="Measured">What was measured now; null where it, or its peer, was not.</param>
internal sealed record Comparison(string Figure, double? Committed, double? Measured)
{
    /// <summary>A ratio that is worse by more than half is no noise.</summary>
    public const double Most = 1.5;

    private static readonly string[] Heads = ["ratio", "committed:", "now:", ""];

    public bool IsWorse => Committed is { } before && Measured is { } now && now > before * Most;

    private string Verdict => (Committed, Measured) switch
    {
        (null, _) => "new",
        (_, null) => "not measured",
        _ => IsWorse ? $"✗ more than {Numbers.Text(Most)} ×" : Row.Kept,
    };

    /// <summary>Every ratio that is committed or was measured, by its best measurement.</summary>
    public static IReadOnlyList<Comparison> Of(IReadOnlyDictionary<string, double> committed, IReadOnlyList<IReadOnlyDictionary<string, double>> measured) =>
    [
        .. measured.SelectMany(m => m.Keys).Concat(committed.Keys).Distinct().Select(figure => new Comparison(
            figure,
            committed.TryGetValue(figure, out var before) ? before : null,
            measured.Where(m => m.ContainsKey(figure)).Select(m => (double?)m[figure]).Min())),
    ];

    public static string Table(IEnumerable<Comparison> all) =>
        TextTable.Of(Heads, all.Select(c => (IReadOnlyList<string>)[c.Figure, Numbers.Text(c.Committed), Numbers.Text(c.Measured), c.Verdict]));

    /// <summary>For the one who has to mend it.</summary>
    public string Complaint => $"{Figure}: {Numbers.Text(Measured)} times its peer, {Numbers.Text(Committed)} times in docs/benchmarks.json: worse by more than half";
}
