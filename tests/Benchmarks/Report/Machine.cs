namespace AspireElection.Benchmarks.Report;

/// <summary>On what a run was made: its figures are worth nothing without.</summary>
/// <param name="Cores">How many this process may use.</param>
/// <param name="Memory">In GB.</param>
/// <param name="System">The distribution.</param>
/// <param name="Kernel">Its version.</param>
/// <param name="DotNet">The runtime.</param>
/// <param name="Servers">Their versions, by name.</param>
/// <param name="Commit">Of the sources; with a plus where they were changed since.</param>
/// <param name="LoadBefore">The load average of the last minute when the run began: above 0.5 somebody else was at it.</param>
/// <param name="LoadAfter">When it ended.</param>
internal sealed record Machine(
    int Cores,
    double Memory,
    string System,
    string Kernel,
    string DotNet,
    IReadOnlyDictionary<string, string> Servers,
    string Commit,
    double LoadBefore,
    double LoadAfter);
