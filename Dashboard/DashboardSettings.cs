using AspireElection.Dashboard.Drills;
using AspireElection.Dashboard.Nodes;
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
    private const int ShortestToken = 16;

    /// <summary>What the admin link carries.</summary>
    public static readonly Setting PageToken = new(null, "DASHBOARD_ADMIN_TOKEN", "",
        "opens the page's drills to whoever has it, at least 16 characters; with ELECTION_ADMIN_TOKEN")
    { Secret = true };

    /// <summary>The workers' own.</summary>
    public static readonly Setting WorkersToken = new(null, "ELECTION_ADMIN_TOKEN", "",
        "what the workers ask for before they run a drill, the same as theirs")
    { Secret = true };

    /// <summary>What lives in the memory of a worker is not to be seen from here.</summary>
    private static readonly string[] s_stores = ["redis", "postgres", "etcd", "file", "quorum"];

    private static readonly Setting s_elections = SharedSettings.LockName with
    {
        Meaning = "names of elections, each 1 to 128 characters of A-Z a-z 0-9 . _ -, several separated by commas",
    };

    /// <summary>Where the links to traces and logs lead.</summary>
    private static readonly Setting s_aspire = new(null, "ASPIRE_DASHBOARD_LINK", "",
        "address of the Aspire dashboard, without a token: nodes link to their traces and logs there");

    private static readonly Setting[] s_known =
    [
        SharedSettings.Store, s_elections, SharedSettings.LockDirectory, SharedSettings.Port, SharedSettings.Urls,
        SharedSettings.Peers, SharedSettings.InitialLeader, SharedSettings.ClusterKey, SharedSettings.Database, SharedSettings.Redis, SharedSettings.Postgres, SharedSettings.Etcd,
        PageToken, WorkersToken, s_aspire,
    ];

    /// <summary>What opens the drills, as far as it was given.</summary>
    public AdminTokens Admin { get; private init; } = new(null, null);

    /// <summary>Links to traces and logs, where they are known.</summary>
    public AspireLink Aspire { get; private init; } = new(null);

    /// <summary>The port where it is fixed, as the end of a cookie's name.</summary>
    public string PortSuffix => Uri.TryCreate(Urls.Split(';')[0], UriKind.Absolute, out var url) && url.Port > 0 ? $"-{url.Port}" : "";

    /// <summary>The setting that said where to listen, for the line that says that it cannot.</summary>
    public string UrlsSource { get; private init; } = "";

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
        // Elsewhere it would listen and refuse each request by its host, on another loopback address such as 127.0.0.2, too.
        if (problems.Count == before && urls.Split(';').FirstOrDefault(u => !PageSecurity.IsHost(u)) is { } url)
            problems.Add($"{urlsSource} is '{url}'; allowed: localhost, 127.0.0.1 or [::1] alone, such as http://127.0.0.1:5080");
        var store = StoreChoice.Read(given, s_stores, problems);
        var quorum = QuorumPeers.Read(given, store.Kind, problems);
        var admin = new AdminTokens(Token(PageToken), Token(WorkersToken));
        var aspire = Link(given[s_aspire]);
        return problems.Count == 0
            ? new DashboardSettings(store, elections, urls) { UrlsSource = urlsSource, Quorum = quorum, Admin = admin, Aspire = new AspireLink(aspire) }
            : null;

        Uri? Link(GivenValue? value)
        {
            if (value is null)
                return null;
            if (Uri.TryCreate(value.Text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" })
                return uri;
            problems.Add($"{value.Source} is no address; allowed: such as http://localhost:15080, without a token");
            return null;
        }

        string? Token(Setting setting)
        {
            if (given[setting] is { Text.Length: < ShortestToken } token)
                problems.Add($"{token.Source} has {token.Text.Length} characters; allowed: at least {ShortestToken}");
            // It is sent in a header, which takes nothing else.
            if (given[setting] is { } text && text.Text.Any(c => c is < ' ' or > '~'))
                problems.Add($"{text.Source} has a character that is none of printable ASCII; allowed: letters, digits, signs and spaces");
            else if (setting == WorkersToken && given[setting] is { } sent && sent.Text != sent.Text.Trim())
                problems.Add($"{sent.Source} begins or ends with a blank; allowed: blanks only within");
            return given[setting]?.Text;
        }
    }
}
