using System.Net;
using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Dashboard;

/// <summary>What the dashboard looks at, and where it is seen itself.</summary>
/// <param name="Store">Where the elections live.</param>
/// <param name="Elections">Their names, in the order in which they are shown; at least one.</param>
/// <param name="Urls">Loopback addresses to listen on.</param>
internal sealed record DashboardSettings(StoreChoice Store, IReadOnlyList<string> Elections, string[] Urls)
{
    public const string DefaultElection = "leader-election-demo";

    private const int MostElections = 50;

    private static readonly string[] s_flags = ["--store", "--lock-name", "--lock-dir", "--port", "--urls"];

    /// <summary>Reads flags and environment; null when <paramref name="problems"/> were found.</summary>
    public static DashboardSettings? Read(string[] args, Func<string, string?> environment, List<string> problems)
    {
        var flags = new Flags(args, s_flags, environment, problems);
        var elections = (flags.Get("--lock-name", "LOCK_NAME") ?? DefaultElection)
            .Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToList();
        foreach (var election in elections.Where(e => !ElectionOptionsValidator.IsName(e)))
            problems.Add($"--lock-name is '{election}'; allowed: 1 to 128 characters of A-Z a-z 0-9 . _ -, several separated by commas");
        if (elections.Count > MostElections)
            problems.Add($"--lock-name names {elections.Count} elections; allowed: at most {MostElections}");
        var urls = ReadUrls(flags, problems);
        var store = StoreChoice.Read(
            flags.Get("--store", "ELECTION_STORE"), flags.Get("--lock-dir", "LOCK_DIR"), environment, problems);
        return problems.Count == 0 && store is not null ? new DashboardSettings(store, elections, urls) : null;
    }

    private static string[] ReadUrls(Flags flags, List<string> problems)
    {
        if (flags.Get("--port", "") is { } port)
        {
            if (!ushort.TryParse(port, out _))
                problems.Add($"--port is '{port}'; allowed: 0 to 65535");
            return [$"http://127.0.0.1:{port}"];
        }

        var urls = (flags.Get("--urls", "ASPNETCORE_URLS") ?? "http://127.0.0.1:0").Split(';', StringSplitOptions.RemoveEmptyEntries);
        foreach (var url in urls.Where(u => !IsLoopback(u)))
            problems.Add($"--urls is '{url}'; allowed: addresses of this machine alone, such as http://127.0.0.1:5080");
        return urls;
    }

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" &&
        (uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)));
}
