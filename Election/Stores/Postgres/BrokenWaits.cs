using System.Collections.Concurrent;
using AspireElection.Timing;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// The terms that held when waits for them broke off. Who waits looks at the seat only now and then; its leader may have
/// renewed until the moment at which the server was gone. A server that comes back without its data is to be believed
/// only a lease after that.
/// </summary>
internal sealed class BrokenWaits(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Sighting> _known = new(StringComparer.Ordinal);

    /// <summary>The session on which it waited is gone.</summary>
    public void BrokeOff(Candidacy candidacy)
    {
        var until = clock.After(candidacy.LeaseDuration);
        if (candidacy.LastSeen is { Leader: not null } seen && seen.EndsAt < until)
            _known[candidacy.Election] = seen with { EndsAt = until };
    }

    /// <summary>Tells a candidate that stands anew.</summary>
    public void Remind(Candidacy candidacy)
    {
        if (!_known.TryGetValue(candidacy.Election, out var known))
            return;
        if (clock.Until(known.EndsAt) == TimeSpan.Zero)
            _known.TryRemove(KeyValuePair.Create(candidacy.Election, known));
        else if (candidacy.LastSeen is not { } seen || (seen.Leader?.Term == known.Leader!.Term && seen.EndsAt < known.EndsAt))
            candidacy.Saw(known);
    }
}
