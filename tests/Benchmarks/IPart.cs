namespace AspireElection.Benchmarks;

/// <summary>One part of a run, such as the hand-over on one store beside its bare limit.</summary>
internal interface IPart
{
    /// <summary>The word by which <c>--only</c> asks for it.</summary>
    string Name { get; }

    /// <summary>Whether <c>--quick</c> measures it: only what has a peer, in a few seconds (<see cref="Run.Quick"/>).</summary>
    bool IsQuick { get; }

    /// <summary>About how long it takes in that run, for the estimate of what is left; nothing is ended by it.</summary>
    TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.Quick ? 5 : 30);

    /// <summary>
    /// Measures, and adds its figures to the run one by one: those that were added stay when a later one fails. A round that
    /// fails is counted (<see cref="Report.Figure.Failed"/>); a whole part that fails is told, and the run goes on.
    /// </summary>
    Task MeasureAsync(Run run);
}
