using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;

namespace AspireElection.Stores.Quorum;

/// <summary>A candidacy that waits at this peer.</summary>
internal sealed class WaitingCandidacy(Candidacy candidacy, long arrival)
{
    public Candidacy Candidacy => candidacy;

    public long Arrival => arrival;

    public TaskCompletionSource<Grant> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>It was cancelled, or granted: it does not stand any more.</summary>
    public bool IsOver => Granted.Task.IsCompleted;

    /// <summary>What it told the protocol when it stood; null before.</summary>
    public Standing? Standing { get; set; }
}

/// <summary>Those who wait at one peer, of which the best stands for it.</summary>
internal sealed class Candidacies(TimeProvider clock)
{
    private readonly List<WaitingCandidacy> _waiting = [];

    public int Count => _waiting.Count(w => !w.IsOver);

    public void Add(WaitingCandidacy waiting) => _waiting.Add(waiting);

    public void Fail(Exception why)
    {
        foreach (var waiting in _waiting)
            waiting.Granted.TrySetException(why);
        _waiting.Clear();
    }

    /// <summary>
    /// The best that may stand now: priority, then node id, then arrival. Who knows of a later term than this peer does
    /// waits for the end that it was told: all that this peer had may have been lost.
    /// </summary>
    /// <param name="term">The latest term of this peer.</param>
    /// <param name="lookAt">When somebody else may stand.</param>
    public WaitingCandidacy? Best(long term, out long lookAt)
    {
        _waiting.RemoveAll(w => w.IsOver);
        lookAt = long.MaxValue;
        var now = clock.GetTimestamp();
        WaitingCandidacy? best = null;
        foreach (var waiting in _waiting)
        {
            if (waiting.Candidacy.LastSeen is { Leader: { } leader, EndsAt: var end } && leader.Term > term && end > now)
                lookAt = Math.Min(lookAt, end);
            else if (best is null || IsBetter(waiting, best))
                best = waiting;
        }

        return best;
    }

    /// <summary>Takes the one that has been granted the seat off the list; null when it has left meanwhile.</summary>
    public WaitingCandidacy? Take(Holder holder)
    {
        var index = _waiting.FindIndex(w => w.Candidacy.Id == holder.Id && !w.IsOver);
        if (index < 0)
            return null;
        var waiting = _waiting[index];
        _waiting.RemoveAt(index);
        return waiting;
    }

    public Standing StandingOf(WaitingCandidacy waiting)
    {
        var candidacy = waiting.Candidacy;
        var now = clock.GetUtcNow();
        return waiting.Standing ??= new Standing(candidacy.Priority, candidacy.LeaseDuration, Holder.Of(candidacy, now).ToBytes())
        {
            Name = candidacy.Id.NodeId,
            AtLeast = FencingToken.Next(0, candidacy.HighestToken, (now - DateTimeOffset.UnixEpoch).Ticks / 10),
        };
    }

    private static bool IsBetter(WaitingCandidacy one, WaitingCandidacy other)
    {
        var (a, b) = (one.Candidacy, other.Candidacy);
        if (a.Priority != b.Priority)
            return a.Priority > b.Priority;
        var name = string.CompareOrdinal(a.Id.NodeId, b.Id.NodeId);
        return name != 0 ? name < 0 : one.Arrival < other.Arrival;
    }
}
