using AspireElection.ServiceDefaults.Settings;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Stores.Quorum;

namespace AspireElection.Workers.Settings;

/// <summary>What a peer of the quorum store is told, checked.</summary>
/// <param name="Cluster">Who there is.</param>
/// <param name="DataDirectory">Where each peer keeps what it must not forget.</param>
internal sealed record QuorumSettings(QuorumPeers Cluster, string DataDirectory)
{
    /// <summary>Looks at the settings wherever they are given, so that a mistake is told at once; null with another store.</summary>
    public static QuorumSettings? Read(GivenValues given, StoreChoice store, List<string> problems)
    {
        var folder = given[SettingsTable.DataDirectory];
        if (folder is not null && File.Exists(folder.Text))
            problems.Add($"{folder.Source} is '{folder.Text}'; allowed: a folder, and this is a file");
        return QuorumPeers.Read(given, store.Kind, problems) is { } cluster
            ? new QuorumSettings(cluster, Path.GetFullPath(folder?.Text ?? Path.Combine(store.Folder, "aspire-election-quorum")))
            : null;
    }

    public QuorumOptions ToOptions(string nodeId) => new()
    {
        NodeId = nodeId,
        Peers = Cluster.Addresses,
        InitialLeaders = Cluster.InitialLeaders,
        DataDirectory = DataDirectory,
        ClusterKey = Cluster.ClusterKey,
    };

    /// <summary>Where the peer listens: its own address of the list; by a name of the host, on every address.</summary>
    public string ListenUrl(string id)
    {
        var address = Cluster.Addresses[id];
        return address.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || address.IsLoopback
            ? address.GetLeftPart(UriPartial.Authority)
            : $"http://*:{address.Port}";
    }
}
