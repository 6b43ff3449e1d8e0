namespace AspireElection.Stores.Quorum;

/// <summary>What a peer of a <see cref="QuorumStore"/> is told.</summary>
public sealed class QuorumOptions
{
    /// <summary>The shortest <see cref="ClusterKey"/>, in characters.</summary>
    public const int ShortestKey = 16;

    /// <summary>This peer; one of <see cref="Peers"/>. One process at a time may have it.</summary>
    public required string NodeId { get; init; }

    /// <summary>
    /// All peers, this one included: id and <c>http://host:port</c>, where <see cref="QuorumStore.ServeAsync"/> is mapped
    /// on <c>/quorum</c>, no two with one address. The ids are the same on every peer and never change while the data folders live.
    /// </summary>
    public required IReadOnlyDictionary<string, Uri> Peers { get; init; }

    /// <summary>Where term, vote and log are kept, in a folder for each peer; on a local disk, and not copied or restored.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The secret that all peers share, at least <see cref="ShortestKey"/> characters. It is never sent or logged.</summary>
    public required string ClusterKey { get; init; }

    /// <summary>
    /// Who may stand and vote from the start, the same on every peer; empty for all. Majorities are counted over those that
    /// may vote. See <see cref="QuorumStore.MakeEligibleAsync"/>.
    /// </summary>
    public IReadOnlyCollection<string> InitialLeaders { get; init; } = [];

    /// <summary>All that is wrong, a line each.</summary>
    internal IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (!Peers.ContainsKey(NodeId))
            problems.Add($"{nameof(Peers)} does not contain {nameof(NodeId)} '{NodeId}'");
        foreach (var (id, address) in Peers)
        {
            if (!ElectionOptionsValidator.IsName(id))
                problems.Add($"{nameof(Peers)} has the id '{id}'; allowed: 1 to 128 characters of A-Z a-z 0-9 . _ -");
            if (address.IsAbsoluteUri && address.UserInfo.Length > 0)
                problems.Add($"{nameof(Peers)} has an address with a user or a password for '{id}'; allowed: http://host:port");
            else if (!address.IsAbsoluteUri || address.Scheme != Uri.UriSchemeHttp)
                problems.Add($"{nameof(Peers)} has '{address}' for '{id}'; allowed: http://host:port");
        }

        foreach (var same in Peers.Where(p => p.Value.IsAbsoluteUri).GroupBy(p => p.Value.Authority, p => p.Key).Where(same => same.Count() > 1))
            problems.Add($"{nameof(Peers)} has the address '{same.Key}' for {string.Join(" and ", same.Select(id => $"'{id}'"))}; allowed: an address for each");
        foreach (var id in InitialLeaders.Where(id => !Peers.ContainsKey(id)))
            problems.Add($"{nameof(InitialLeaders)} has '{id}', which {nameof(Peers)} does not contain");
        if (ClusterKey.Length < ShortestKey)
            problems.Add($"{nameof(ClusterKey)} has {ClusterKey.Length} characters; allowed: at least {ShortestKey}");
        return problems;
    }
}
