namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A place in the line: whoever created its key first holds the seat, once it has taken the term.</summary>
internal sealed record QueuePlace(string Key, long Created, CandidateId Candidate, int Priority, long Lease, string? Address, long Seconds);

/// <summary>The record of the last term, which outlives its holder's key.</summary>
internal sealed record QueueTerm(
    long Token, CandidateId Holder, string? Address, DateTimeOffset Since, string Key, long Created, long Lease, long Seconds, long First, bool Released)
{
    public Leader Leader => new(Holder.NodeId, Holder.Incarnation, Address, Token, Since);
}

/// <summary>The seat at one revision of the store.</summary>
/// <param name="Revision">Of the store; 1 after a wipe.</param>
/// <param name="Term">The last term; null before the first.</param>
/// <param name="TermModified">In which revision the term was written.</param>
/// <param name="Line">The line in its order.</param>
/// <param name="Second">The server's time, of which the client is told whole seconds.</param>
/// <param name="AskedAt">When the client asked, by its own clock.</param>
internal sealed record QueueLook(
    long Revision, QueueTerm? Term, long TermModified, IReadOnlyList<QueuePlace> Line, DateTimeOffset Second, long AskedAt = 0);
