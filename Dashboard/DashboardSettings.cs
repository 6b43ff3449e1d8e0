using AspireElection.ServiceDefaults.Settings;
using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Dashboard;

/// <summary>What the dashboard looks at, and where it is seen itself.</summary>
/// <param name="Store">Where the elections live.</param>
/// <param name="Elections">Their names, in the order in which they are shown; at least one.</param>
/// <param name="Urls">Loopback addresses to listen on, <c>;</c> separated.</param>
internal sealed record DashboardSettings(StoreChoice Store, IReadOnlyList<string> Elections, string Urls)
{
    private const int MostElections = 50;

    /// <summary>What lives in the memory of a worker is not to be seen from here.</summary>
    private static readonly string[] s_stores = ["redis", "postgres", "etcd", "file", "quorum"];

    private static readonly Setting s_elections = SharedSettings.LockName with
    {
        Meaning = "names of elections, each 1 to 128 characters of A-Z a-z 0-9 . _ -, several separated by commas",
    };

    private static readonly Setting[] s_known =
    [
        SharedSettings.Store, s_elections, SharedSettings.LockDirectory, SharedSettings.Port, SharedSettings.Urls,
        SharedSettings.Peers, SharedSettings.InitialLeader, SharedSettings.ClusterKey, SharedSettings.Database, SharedSettings.Redis, SharedSettings.Postgres, SharedSettings.Etcd,
    ];

    /// <summary>With the quorum store; else null.</summary>
    public QuorumPeers? Quorum { get; private init; }

    /// <summary>Opens the store; neither waits nor fails because it is away.</summary>
    public IElectionStore Open() => Quorum?.Watch() ?? Store.Open();

    /// <summary>The answer to <c>--help</c>.</summary>
    public static string Help => $"A page that shows elections. Flags win over environment variables.\n\n{Setting.Lines(s_known)}\n";

    /// <summary>Reads flags and environment; null when <paramref name="problems"/> were found or help was asked for.</summary>
    public static DashboardSettings? Read(string[] args, Func<string, string?> environment, List<string> problems)
    {
        // A PORT of the shell is that of a worker: two programs cannot listen on one.
        var given = GivenValues.Read(
            s_known, args, name => name == SharedSettings.Port.Variable ? null : environment(name), _ => null, problems);
        if (given.Help)
        {
            problems.Clear();
            return null;
        }

        var elections = (given[s_elections]?.Text ?? s_elections.Default)
            .Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList();
        var source = given[s_elections]?.Source;
        foreach (var election in elections.Where(e => !ElectionOptionsValidator.IsName(e)))
            problems.Add($"{source} is '{election}'; allowed: {s_elections.Meaning}");
        if (elections.Count > MostElections)
            problems.Add($"{source} names {elections.Count} elections; allowed: at most {MostElections}");
        var before = problems.Count;
        var (urls, urlsSource) = ListenUrls.Read(given, problems);
        if (problems.Count == before && urls.Split(';').FirstOrDefault(u => !IsLoopback(u)) is { } url)
            problems.Add($"{urlsSource} is '{url}'; allowed: addresses of this machine alone, such as http://127.0.0.1:5080");
        var store = StoreChoice.Read(given, s_stores, problems);
        var quorum = QuorumPeers.Read(given, store.Kind, problems);
        return problems.Count == 0 ? new DashboardSettings(store, elections, urls) { Quorum = quorum } : null;
    }

    private static bool IsLoopback(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.IsLoopback;
}
