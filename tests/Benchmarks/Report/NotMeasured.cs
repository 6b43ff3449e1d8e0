namespace AspireElection.Benchmarks.Report;

/// <summary>What could not be measured here, and why.</summary>
/// <param name="Part">The part that wanted to.</param>
/// <param name="Name">The figure, or the peer.</param>
/// <param name="Why">For people.</param>
internal sealed record NotMeasured(string Part, string Name, string Why);
