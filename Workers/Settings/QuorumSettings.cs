using AspireElection.ServiceDefaults.Settings;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Stores.Quorum;

namespace AspireElection.Workers.Settings;

/// <summary>What a peer of the quorum store is told, checked.</summary>
/// <param name="Peers">All peers with their addresses, in the order in which they were given.</param>
/// <param name="InitialLeaders">Who may stand and vote from the start; empty for all.</param>
/// <param name="DataDirectory">Where each peer keeps what it must not forget.</param>
/// <param name="ClusterKey">What the peers share; never shown.</param>
internal sealed record QuorumSettings(
    IReadOnlyList<KeyValuePair<string, Uri>> Peers, IReadOnlyList<string> InitialLeaders, string DataDirectory, string ClusterKey)
{
    public IEnumerable<string> Ids => Peers.Select(p => p.Key);

    /// <summary>Looks at the settings wherever they are given, so that a mistake is told at once; null with another store.</summary>
    public static QuorumSettings? Read(GivenValues given, StoreChoice store, string? clusterKey, List<string> problems)
    {
        var before = problems.Count;
        var peers = ReadPeers(given, problems);
        var initial = ReadInitial(given, peers, problems);
        var folder = given[SettingsTable.DataDirectory];
        if (folder is not null && File.Exists(folder.Text))
            problems.Add($"{folder.Source} is '{folder.Text}'; allowed: a folder, and this is a file");
        if (store.Kind != "quorum")
            return null;
        if (peers is null && given[SettingsTable.Peers] is null)
            problems.Add($"{SettingsTable.Peers.Flag} is not given; allowed with --store quorum: id=http://host:port items, comma separated, this node included");
        if (clusterKey is null)
        {
            problems.Add($"{SettingsTable.ClusterKey.Variable} is not given; allowed with --store quorum: "
                + $"a secret of at least {QuorumOptions.ShortestKey} characters, the same on every node");
        }

        return problems.Count > before || peers is null || clusterKey is null
            ? null
            : new QuorumSettings(peers, initial, Path.GetFullPath(folder?.Text ?? Path.Combine(store.Folder, "aspire-election-quorum")), clusterKey);
    }

    public QuorumOptions ToOptions(string nodeId) => new()
    {
        NodeId = nodeId,
        Peers = Peers.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal),
        InitialLeaders = InitialLeaders,
        DataDirectory = DataDirectory,
        ClusterKey = ClusterKey,
    };

    /// <summary>Where the peer listens: its own address of the list; by a name of the host, on every address.</summary>
    public string ListenUrl(string id)
    {
        var address = Peers.Single(p => p.Key == id).Value;
        return address.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || address.IsLoopback
            ? address.GetLeftPart(UriPartial.Authority)
            : $"http://*:{address.Port}";
    }

    private static List<KeyValuePair<string, Uri>>? ReadPeers(GivenValues given, List<string> problems)
    {
        if (given[SettingsTable.Peers] is not { } told)
            return null;
        var peers = told.Text.Split(',').Select(Peer).ToList();
        if (peers.All(p => p is not null) && peers.DistinctBy(p => p!.Value.Key).Count() == peers.Count)
            return [.. peers.Select(p => p!.Value)];
        problems.Add($"{told.Source} is '{told.Text}'; allowed: id=http://host:port items, comma separated, each id once");
        return null;
    }

    private static List<string> ReadInitial(GivenValues given, List<KeyValuePair<string, Uri>>? peers, List<string> problems)
    {
        if (given[SettingsTable.InitialLeader] is not { } told)
            return [];
        var ids = told.Text.Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList();
        if (!ids.All(id => peers is null ? ElectionOptionsValidator.IsName(id) : peers.Any(p => p.Key == id)))
            problems.Add($"{told.Source} is '{told.Text}'; allowed: ids of {SettingsTable.Peers.Flag}, comma separated");
        return ids;
    }

    private static KeyValuePair<string, Uri>? Peer(string item)
    {
        var parts = item.Trim().Split('=', 2);
        return parts.Length == 2 && ElectionOptionsValidator.IsName(parts[0]) &&
            Uri.TryCreate(parts[1], UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && uri.PathAndQuery == "/"
            ? new(parts[0], uri)
            : null;
    }
}
