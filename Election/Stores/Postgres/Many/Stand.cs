using AspireElection.Timing;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>One candidacy that waits for its seat.</summary>
internal sealed class Stand(Candidacy candidacy)
{
    private readonly TaskCompletionSource<Grant> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Candidacy Candidacy { get; } = candidacy;

    public long Key { get; } = SeatKey.Of(candidacy.Election);

    public Task<Grant> Granted => _granted.Task;

    /// <summary>Nobody waits for it any more: granted, cancelled or failed.</summary>
    public bool IsOver => _granted.Task.IsCompleted;

    /// <summary>Whether others can see it in the register.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>The term whose lease was waited out after a restart of the server; 0 for none.</summary>
    public long Outlasted { get; set; }

    /// <summary>How often in a row its row was locked by somebody else.</summary>
    public int Missed { get; set; }

    /// <summary>False when nobody waits for it any more: the seat goes on.</summary>
    public bool Grant(Grant grant) => _granted.TrySetResult(grant);

    public void Fail(Exception exception)
    {
        if (_granted.TrySetException(exception))
            _ = _granted.Task.Exception;
    }

    public void Cancel(CancellationToken cancellationToken) => _granted.TrySetCanceled(cancellationToken);

    /// <summary>
    /// A term that somebody may still trust in, as far as this candidate was told, and until when: only for a server
    /// that has forgotten it.
    /// </summary>
    public (long Term, long Until) AliveTerm(TimeProvider clock) =>
        Candidacy.LastSeen is { Leader: { } leader } seen && leader.Incarnation != Candidacy.Id.Incarnation
            && clock.Until(seen.EndsAt) > TimeSpan.Zero
            ? (leader.Term, seen.EndsAt)
            : (0, long.MinValue);

    /// <summary>Higher priority first, then the lower node id; the rule by which the register ranks as well.</summary>
    public static int Compare(Stand one, Stand other)
    {
        var order = other.Candidacy.Priority.CompareTo(one.Candidacy.Priority);
        if (order == 0)
            order = string.CompareOrdinal(one.Candidacy.Id.NodeId, other.Candidacy.Id.NodeId);
        return order == 0 ? string.CompareOrdinal(one.Candidacy.Id.Incarnation, other.Candidacy.Id.Incarnation) : order;
    }
}
