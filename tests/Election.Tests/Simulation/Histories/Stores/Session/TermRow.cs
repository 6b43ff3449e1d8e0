namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The row of the last term, which outlives restarts.</summary>
internal sealed record TermRow(
    long Token, CandidateId Id, string? Address, TimeSpan Lease, int Backend, int Epoch, int Mark, DateTimeOffset Since, bool Released = false);

/// <summary>What the statement that takes a term answers.</summary>
/// <param name="Token">The term that was taken; 0 when it was not.</param>
/// <param name="Better">The backend of a better candidate that waits; 0 when there is none.</param>
/// <param name="LastToken">The token of the last term.</param>
/// <param name="Outlast">The term that has to be waited out after a restart; 0 when there is none.</param>
/// <param name="Left">For how long.</param>
internal sealed record TakeAnswer(long Token, int Better = 0, long LastToken = 0, long Outlast = 0, TimeSpan Left = default);
