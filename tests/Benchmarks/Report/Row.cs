namespace AspireElection.Benchmarks.Report;

/// <summary>A figure as it is reported: its spread, what was asked of it, and how it stands beside others of its run.</summary>
/// <param name="Part">The part of the run that measured it.</param>
/// <param name="Figure">What it is.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Rounds">How many rounds succeeded.</param>
/// <param name="Failed">How many did not.</param>
/// <param name="Least">The best round.</param>
/// <param name="P5">One round in twenty is below.</param>
/// <param name="Median">Half of them are below.</param>
/// <param name="P95">One in twenty is above.</param>
/// <param name="Worst">The worst round.</param>
/// <param name="Limit">What the median shall not exceed.</param>
/// <param name="Floor">What no round may be below.</param>
/// <param name="Peer">The figure that it is compared with.</param>
/// <param name="Ratio">Its median by the peer's; null where the peer was not measured in this run.</param>
/// <param name="RatioLimit">What the ratio shall not exceed.</param>
/// <param name="Beside">Ratios that are only told, by peer.</param>
internal sealed record Row(
    string Part,
    string Figure,
    string Unit,
    int Rounds,
    int Failed,
    double Least,
    double P5,
    double Median,
    double P95,
    double Worst,
    double? Limit,
    double? Floor,
    string? Peer,
    double? Ratio,
    double? RatioLimit,
    IReadOnlyDictionary<string, double> Beside)
{
    public const string Kept = "✓";
    public const string Missed = "✗";
    public const string Told = "–";

    /// <summary>For the heads of tables: a limit that the worst round exceeds would look like a sign that lies.</summary>
    public const string Judges = "✓: the median reaches what is asked for; ✗: it does not. Single rounds may be worse";

    /// <summary>All rounds, in their order; null where a table is committed.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    public string Verdict
    {
        get
        {
            var asked = new List<bool>();
            if (Limit is { } limit)
                asked.Add(Median <= limit);
            if (Floor is { } floor)
                asked.Add(Least >= floor);
            if (RatioLimit is { } most && Ratio is { } ratio)
                asked.Add(ratio <= most);
            return asked.Count == 0 ? Told : asked.TrueForAll(kept => kept) ? Kept : Missed;
        }
    }

    /// <summary>The rows of a run, in the order in which they were measured.</summary>
    public static IReadOnlyList<Row> Of(IReadOnlyList<Figure> figures)
    {
        var medians = new Dictionary<string, double>();
        foreach (var figure in figures)
            medians.TryAdd(figure.Name, figure.Median);
        return [.. figures.Select(f => new Row(
            f.Part, f.Name, f.Unit, f.Values.Count, f.Failed,
            Short(f.Least), Short(f.At(0.05)), Short(f.Median), Short(f.At(0.95)), Short(f.Worst),
            f.Limit, f.Floor, f.Peer, RatioOf(f, f.Peer, medians), f.RatioLimit,
            f.Beside.Where(b => RatioOf(f, b, medians) is not null).ToDictionary(b => b, b => RatioOf(f, b, medians)!.Value))
        {
            Values = [.. f.Values.Select(Short)],
        })];
    }

    /// <summary>Four digits are more than any of it is good for.</summary>
    private static double Short(double value) =>
        value == 0 ? 0 : Math.Round(value, (int)Math.Clamp(3 - Math.Floor(Math.Log10(Math.Abs(value))), 0, 12));

    private static double? RatioOf(Figure figure, string? peer, Dictionary<string, double> medians) =>
        peer is not null && medians.TryGetValue(peer, out var median) && median > 0 ? Short(figure.Median / median) : null;
}
