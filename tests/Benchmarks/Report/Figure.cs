namespace AspireElection.Benchmarks.Report;

/// <summary>What was measured over some rounds.</summary>
/// <param name="Name">What it is; unique in a run, and the same in each run, whatever its length.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Values">One value for each round that succeeded.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Values)
{
    /// <summary>The part of the run that measured it; the run itself sets it.</summary>
    public string Part { get; init; } = string.Empty;

    /// <summary>How many rounds did not succeed.</summary>
    public int Failed { get; init; }

    /// <summary>What the median shall not exceed, in its unit; null where nothing is asked.</summary>
    public double? Limit { get; init; }

    /// <summary>What no round may be below, because it would be wrong rather than slow; null where nothing is asked.</summary>
    public double? Floor { get; init; }

    /// <summary>The name of the figure of the same run that this one is compared with: the bare limit, or what others use.</summary>
    public string? Peer { get; init; }

    /// <summary>Further figures of the same run that this one is told beside; nothing is asked of their ratios.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];

    /// <summary>By how much the median may exceed the peer's; null where the ratio is only told.</summary>
    public double? RatioLimit { get; init; }

    public double Median => At(0.5);

    public double Least => Values.Min();

    public double Worst => Values.Max();

    /// <summary>The value below which that part of the rounds lies.</summary>
    public double At(double part)
    {
        var sorted = Values.Order().ToList();
        return sorted[(int)Math.Round((sorted.Count - 1) * part)];
    }
}
