using AspireElection.ServiceDefaults.Settings;
using AspireElection.Stores.Quorum;
using AspireElection.Timing;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>The cluster of the quorum store, as each peer and each onlooker is told of it.</summary>
/// <param name="Peers">All peers with their addresses, in the order in which they were given.</param>
/// <param name="InitialLeaders">Who may stand and vote from the start; empty for all.</param>
/// <param name="ClusterKey">What they share; never shown.</param>
internal sealed record QuorumPeers(IReadOnlyList<KeyValuePair<string, Uri>> Peers, IReadOnlyList<string> InitialLeaders, string ClusterKey)
{
    public IEnumerable<string> Ids => Peers.Select(p => p.Key);

    public IReadOnlyDictionary<string, Uri> Addresses => Peers.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);

    /// <summary>Without the key, which a record would show.</summary>
    public override string ToString() => string.Join(", ", Ids);

    /// <summary>Looks at the settings wherever they are given, so that a mistake is told at once; null with another store.</summary>
    public static QuorumPeers? Read(GivenValues given, string store, List<string> problems)
    {
        var before = problems.Count;
        var peers = ReadPeers(given, problems);
        var initial = ReadInitial(given, peers, problems);
        var key = given[SharedSettings.ClusterKey];
        if (key is not null && key.Text.Length < QuorumOptions.ShortestKey)
            problems.Add($"{key.Source} has {key.Text.Length} characters; allowed: at least {QuorumOptions.ShortestKey}");
        if (store != "quorum")
            return null;
        if (given[SharedSettings.Peers] is null)
            problems.Add($"{SharedSettings.Peers.Flag} is not given; allowed with --store quorum: id=http://host:port items, comma separated, this node included");
        if (key is null)
        {
            problems.Add($"{SharedSettings.ClusterKey.Variable} is not given; allowed with --store quorum: "
                + $"a secret of at least {QuorumOptions.ShortestKey} characters, the same on every node");
        }

        return problems.Count > before || peers is null || key is null ? null : new QuorumPeers(peers, initial, key.Text);
    }

    /// <summary>For somebody who is no peer.</summary>
    public IElectionStore Watch() => new WatchedQuorum(new QuorumClient(Addresses, InitialLeaders, ClusterKey, BootClock.Instance));

    private static List<KeyValuePair<string, Uri>>? ReadPeers(GivenValues given, List<string> problems)
    {
        if (given[SharedSettings.Peers] is not { } told)
            return null;
        var peers = told.Text.Split(',').Select(Peer).ToList();
        // Of two peers with one address the second finds its port taken, or both are one and the same host elsewhere.
        if (peers.TrueForAll(p => p is not null) && peers.DistinctBy(p => p!.Value.Key).Count() == peers.Count
            && peers.DistinctBy(p => p!.Value.Value.Authority).Count() == peers.Count)
        {
            return [.. peers.Select(p => p!.Value)];
        }

        // A password that was given with an address must not be shown.
        var text = told.Text.Contains('@', StringComparison.Ordinal) ? "has a user or a password" : $"is '{told.Text}'";
        problems.Add($"{told.Source} {text}; allowed: id=http://host:port items, comma separated, each id and each address once");
        return null;
    }

    private static List<string> ReadInitial(GivenValues given, List<KeyValuePair<string, Uri>>? peers, List<string> problems)
    {
        if (given[SharedSettings.InitialLeader] is not { } told)
            return [];
        var ids = told.Text.Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList();
        if (!ids.TrueForAll(id => peers is null ? ElectionOptionsValidator.IsName(id) : peers.Exists(p => p.Key == id)))
            problems.Add($"{told.Source} is '{told.Text}'; allowed: ids of {SharedSettings.Peers.Flag}, comma separated");
        return ids;
    }

    private static KeyValuePair<string, Uri>? Peer(string item)
    {
        var parts = item.Trim().Split('=', 2);
        return parts.Length == 2 && ElectionOptionsValidator.IsName(parts[0]) &&
            Uri.TryCreate(parts[1], UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
            ? new(parts[0], uri)
            : null;
    }
}
