namespace AspireElection.Benchmarks;

/// <summary>One part of a run, such as the hand-over on one store beside its bare limit.</summary>
internal interface IPart
{
    /// <summary>The word by which <c>--only</c> asks for it.</summary>
    string Name { get; }

    /// <summary>Whether it is measured by <c>--quick</c>, in the time that <see cref="Run.Quick"/> leaves it.</summary>
    bool IsQuick { get; }

    Task MeasureAsync(Run run);
}
