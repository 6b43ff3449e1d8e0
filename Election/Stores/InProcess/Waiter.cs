namespace AspireElection.Stores.InProcess;

/// <summary>A candidate in the line of one seat. Its members are guarded by the seat's lock, but for the call.</summary>
internal sealed class Waiter(Candidacy candidacy, long arrival)
{
    private volatile TaskCompletionSource _called = New();

    /// <summary>Priority (highest first), node id, incarnation; the same candidate twice: who came first.</summary>
    public static IComparer<Waiter> ByRank { get; } = Comparer<Waiter>.Create(static (one, other) => one.CompareTo(other));

    public Candidacy Candidacy => candidacy;

    /// <summary>It was called and did not come; it is passed over until it shows itself again.</summary>
    public bool Missed { get; set; }

    /// <summary>Completed when it shall look at the seat.</summary>
    public Task Called => _called.Task;

    public void Call() => _called.TrySetResult();

    /// <summary>Ready for the next call.</summary>
    public void Listen()
    {
        if (_called.Task.IsCompleted)
            _called = New();
    }

    private int CompareTo(Waiter other)
    {
        var order = other.Candidacy.Priority.CompareTo(candidacy.Priority);
        if (order == 0)
            order = string.CompareOrdinal(candidacy.Id.NodeId, other.Candidacy.Id.NodeId);
        if (order == 0)
            order = string.CompareOrdinal(candidacy.Id.Incarnation, other.Candidacy.Id.Incarnation);
        return order != 0 ? order : arrival.CompareTo(other.Arrival);
    }

    private long Arrival => arrival;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
