namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>For which peers a candidacy waits, as far as this peer was told.</summary>
internal sealed class WaitingPeers(string self)
{
    private readonly Dictionary<string, Stander?> _known = [];

    public void Heard(string peer, int? standing, string name) =>
        _known[peer] = standing is { } priority ? new Stander(peer, priority) { Name = name } : null;

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
                _known[stander.Id] = stander;
        }
    }

    /// <summary>How many go before this peer. Of whom nothing is known yet is taken to wait with the usual priority.</summary>
    public int RankOf(Standing own, IReadOnlyCollection<string> eligible)
    {
        var me = new Stander(self, own.Priority) { Name = own.Name };
        var rank = 0;
        foreach (var peer in eligible)
        {
            var other = _known.TryGetValue(peer, out var known) ? known : new Stander(peer, 0) { Name = peer };
            if (peer != self && other is not null && IsBetter(other, me))
                rank++;
        }

        return rank;
    }

    public IReadOnlyList<Stander> InOrder(Standing? own, IReadOnlyCollection<string> eligible)
    {
        var line = new List<Stander>();
        foreach (var peer in eligible)
        {
            if (peer == self && own is not null)
                line.Add(new Stander(self, own.Priority) { Name = own.Name });
            else if (peer != self && _known.GetValueOrDefault(peer) is { } other)
                line.Add(other);
        }

        line.Sort(static (a, b) => IsBetter(a, b) ? -1 : 1);
        return line;
    }

    private static bool IsBetter(Stander one, Stander other)
    {
        if (one.Priority != other.Priority)
            return one.Priority > other.Priority;
        var name = string.CompareOrdinal(one.Name, other.Name);
        return name != 0 ? name < 0 : string.CompareOrdinal(one.Id, other.Id) < 0;
    }
}
