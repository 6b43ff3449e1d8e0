using AspireElection.ServiceDefaults.Settings;

namespace AspireElection.Workers.Settings;

/// <summary>Which peer of the list this process is, and where it therefore listens.</summary>
/// <remarks>
/// The replicas of one Aspire project get the same settings. Each takes the first peer that no other process of this host
/// has, by a lock on a file in the data folder that the system takes away when the process ends, however it ends. A
/// replica that is started again so becomes the peer that has gone, with what that peer had stored.
/// </remarks>
internal static class PeerSlot
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Held open, and with it locked, until this process ends.</summary>
    private static readonly List<FileStream> Held = [];

    /// <summary>The id as given; else this host's name where it is a peer; null where a free one is to be taken.</summary>
    public static string? Named(QuorumSettings quorum, GivenValue? given, List<string> problems)
    {
        var host = Environment.MachineName;
        if (given is null && (quorum.Cluster.Ids.Contains(host) || quorum.Cluster.Peers.Any(p => p.Value.IsLoopback)))
            return quorum.Cluster.Ids.Contains(host) ? host : null;
        if (given is null || !quorum.Cluster.Ids.Contains(given.Text))
        {
            problems.Add($"{given?.Source ?? $"{SettingsTable.NodeId.Flag} (by default)"} is '{given?.Text ?? host}'; "
                + $"allowed: one of the peers, {string.Join(", ", quorum.Cluster.Ids)}");
        }

        return given?.Text;
    }

    /// <summary>This process is that peer: listens where the list says so.</summary>
    public static void ListenAs(WorkerSettings settings, string id, GivenValue? urls, List<string> problems)
    {
        // Also where the name is the host's: an instance id must not become part of it.
        settings.Election.NodeId = id;
        var own = settings.Quorum!.ListenUrl(id);
        var port = new Uri(own.Replace("*", "host", StringComparison.Ordinal)).Port;
        if (urls is null)
            settings.Urls = own;
        else if (!settings.Urls.Split(';').Any(u => u.EndsWith($":{port}", StringComparison.Ordinal)))
            problems.Add($"{urls.Source} is '{urls.Text}'; allowed: port {port}, that of {id} in {SharedSettings.Peers.Flag}, or leave it out");
    }

    /// <summary>Takes the first free peer of this host; the lines say why there is none.</summary>
    public static void Claim(WorkerSettings settings, List<string> problems)
    {
        var quorum = settings.Quorum!;
        try
        {
            Directory.CreateDirectory(quorum.DataDirectory);
            // The process whose place this one takes may still be ending.
            for (var waited = TimeSpan.Zero; waited < LongestWait; waited += Pause, Thread.Sleep(Pause))
            {
                if (quorum.Cluster.Peers.Where(p => p.Value.IsLoopback && TryLock(Path.Combine(quorum.DataDirectory, $"slot-{p.Key}")))
                        .Select(p => p.Key).FirstOrDefault() is not { } id)
                {
                    continue;
                }

                settings.Election.NodeId = id;
                settings.Urls = settings.UrlsGiven ? $"{settings.Urls};{quorum.ListenUrl(id)}" : quorum.ListenUrl(id);
                return;
            }

            problems.Add($"{SharedSettings.Peers.Flag} has {quorum.Cluster.Peers.Count} peers, and each runs on this host already; allowed: one process for each");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{SettingsTable.DataDirectory.Flag} is '{quorum.DataDirectory}': {failure.Message.ReplaceLineEndings(" ")}; "
                + "allowed: a folder that this user may create and write");
        }
    }

    /// <summary>A process that was told which peer it is: none without a name may take it to be free.</summary>
    public static void Hold(WorkerSettings settings)
    {
        try
        {
            Directory.CreateDirectory(settings.Quorum!.DataDirectory);
            TryLock(Path.Combine(settings.Quorum.DataDirectory, $"slot-{settings.Election.NodeId}"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The store, which needs the same folder, says what is wrong with it.
        }
    }

    private static bool TryLock(string path)
    {
        try
        {
            Held.Add(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process is that peer.
            return false;
        }
    }
}
