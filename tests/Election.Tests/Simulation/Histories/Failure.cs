namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What a checker found in a history.</summary>
/// <param name="Checker">Which rule was broken.</param>
/// <param name="Message">How.</param>
/// <param name="Plan">The history; its seed replays it.</param>
/// <param name="Lines">Its last events.</param>
/// <param name="Hash">Over all of its events.</param>
internal sealed record Failure(string Checker, string Message, Plan Plan, IReadOnlyList<string> Lines, ulong Hash)
{
    /// <summary>For the output of a test.</summary>
    public string Text() => string.Join(
        Environment.NewLine,
        [
            $"{Checker}: {Message}",
            $"in {Plan}",
            "faults:",
            .. Plan.Faults.Select(f => "  " + f),
            "nodes:",
            .. Plan.Nodes.Select((n, i) => $"  {i}: {n}"),
            "the last events:",
            .. Lines.TakeLast(150),
        ]);
}
