using AspireElection.ServiceDefaults.Settings;
using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Dashboard.Words;

/// <summary>The command, for a shell, that starts a first worker in an election.</summary>
internal static class StartCommand
{
    private static readonly char[] s_plain = [.. "/._-:,=@+".Concat("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")];

    public static string Of(DashboardSettings settings, string election)
    {
        var store = settings.Store;
        // Peers of a quorum have names and addresses beforehand: the first one is as good as any.
        var command = $"dotnet run --project Workers -- --node-id {settings.Quorum?.Ids.First() ?? "node-1"}";
        if (election != SharedSettings.LockName.Default)
            command += $" --lock-name {election}";
        return store.Kind switch
        {
            "file" => $"{command} --store file --lock-dir {Quote(store.Folder)}",
            // The address may hold a password. The dashboard was started with it, so who reads this can find it.
            "redis" => $"{command} --store redis   # with ConnectionStrings__redis set as for this dashboard",
            "etcd" => $"{command} --store etcd   # with ConnectionStrings__etcd set as for this dashboard",
            "quorum" => $"{command} --store quorum --peers {Quote(Peers(settings.Quorum!))}   # with ELECTION_CLUSTER_KEY set as for this dashboard, and most of the peers have to run",
            _ => $"{command} --store postgres   # with DATABASE_URL set as for this dashboard",
        };
    }

    private static string Peers(QuorumPeers quorum) =>
        string.Join(',', quorum.Peers.Select(p => $"{p.Key}={p.Value.GetLeftPart(UriPartial.Authority)}"));

    private static string Quote(string path) =>
        path.AsSpan().ContainsAnyExcept(s_plain) ? $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'" : path;
}
