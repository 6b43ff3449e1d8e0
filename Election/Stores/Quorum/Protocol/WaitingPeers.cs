namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>For which peers a candidacy waits, as far as this peer was told.</summary>
internal sealed class WaitingPeers(string self)
{
    private readonly Dictionary<string, int?> _known = [];

    public void Heard(string peer, int? standing) => _known[peer] = standing;

    /// <summary>The leader's list says of everybody but the leader and oneself whether they wait.</summary>
    public void Told(IReadOnlyList<Stander> line, IEnumerable<string> peers, string leader)
    {
        foreach (var peer in peers)
        {
            if (peer != self && peer != leader)
                _known[peer] = null;
        }

        foreach (var stander in line)
        {
            if (stander.Id != self && stander.Id != leader)
                _known[stander.Id] = stander.Priority;
        }
    }

    /// <summary>How many go before this peer. Of whom nothing is known yet is taken to wait with the usual priority.</summary>
    public int RankOf(Standing own, IReadOnlyCollection<string> eligible)
    {
        var me = new Stander(self, own.Priority);
        var rank = 0;
        foreach (var peer in eligible)
        {
            var priority = _known.TryGetValue(peer, out var known) ? known : 0;
            if (peer != self && priority is { } value && IsBetter(new Stander(peer, value), me))
                rank++;
        }

        return rank;
    }

    public IReadOnlyList<Stander> InOrder(Standing? own, IReadOnlyCollection<string> eligible)
    {
        var line = new List<Stander>();
        foreach (var peer in eligible)
        {
            var priority = peer == self ? own?.Priority : _known.GetValueOrDefault(peer);
            if (priority is { } value)
                line.Add(new Stander(peer, value));
        }

        line.Sort(static (a, b) => IsBetter(a, b) ? -1 : 1);
        return line;
    }

    private static bool IsBetter(Stander one, Stander other) =>
        one.Priority != other.Priority ? one.Priority > other.Priority : string.CompareOrdinal(one.Id, other.Id) < 0;
}
