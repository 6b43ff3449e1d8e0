namespace AspireElection;

/// <summary>
/// One leadership, named exactly: renewing, releasing and fenced writing take a term, never a node alone, so that
/// an old term can touch nothing of a newer one, not even of the same node.
/// </summary>
/// <param name="Election">The election's name.</param>
/// <param name="Candidate">Whose term it is.</param>
/// <param name="Token">The fencing token: unique in its election, growing from term to term, below 2^53.</param>
public sealed record Term(string Election, CandidateId Candidate, long Token);
