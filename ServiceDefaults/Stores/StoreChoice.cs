using Npgsql;
using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>Which store a process uses, and where that is.</summary>
public sealed class StoreChoice
{
    /// <summary>What the environment calls the addresses of servers, by kind of store.</summary>
    private static readonly (string Kind, string Variable)[] s_addresses =
    [
        ("redis", "ConnectionStrings__redis"),
        ("postgres", "ConnectionStrings__postgres"),
        ("postgres", "DATABASE_URL"),
    ];

    private StoreChoice(string kind, string address, string place)
    {
        Kind = kind;
        Address = address;
        Place = place;
    }

    /// <summary><c>redis</c>, <c>postgres</c> or <c>file</c>.</summary>
    public string Kind { get; }

    /// <summary>Connection string of the client, or folder. It may hold a password: for the client only, never for people.</summary>
    public string Address { get; }

    /// <summary>Kind and place for people, without credentials: <c>redis at 127.0.0.1:6379</c>.</summary>
    public string Place { get; }

    /// <inheritdoc/>
    public override string ToString() => Place;

    /// <summary>Chooses as the settings say: the file store, unless an address of a server is given.</summary>
    /// <param name="store">Value of <c>--store</c> or <c>ELECTION_STORE</c>; null when not given.</param>
    /// <param name="folder">Value of <c>--lock-dir</c> or <c>LOCK_DIR</c>; null when not given.</param>
    /// <param name="environment">Looks up an environment variable; null and empty are the same.</param>
    /// <param name="problems">Is given one line for each wrong setting.</param>
    /// <returns>Null when there was a problem.</returns>
    public static StoreChoice? Read(
        string? store, string? folder, Func<string, string?> environment, ICollection<string> problems)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(problems);
        var given = s_addresses
            .Select(a => (a.Kind, a.Variable, Value: environment(a.Variable)))
            .Where(a => !string.IsNullOrEmpty(a.Value))
            .ToList();
        var kinds = given.Select(a => a.Kind).Distinct().ToList();
        if (store is null && kinds.Count > 1)
        {
            problems.Add($"--store is not set, but {string.Join(" and ", given.Select(a => a.Variable))} are; allowed: one of them, or --store {string.Join(" or ", kinds)}");
            return null;
        }

        var kind = store ?? kinds.FirstOrDefault() ?? "file";
        if (kind == "file")
        {
            var path = Path.GetFullPath(folder ?? Path.GetTempPath());
            return new StoreChoice(kind, path, $"file in {path}");
        }

        var variables = s_addresses.Where(a => a.Kind == kind).Select(a => a.Variable).ToList();
        if (variables.Count == 0)
        {
            problems.Add($"--store is '{kind}'; allowed: redis, postgres, file");
            return null;
        }

        if (given.Find(a => a.Kind == kind) is not { Value: { } address } found)
        {
            problems.Add($"--store is '{kind}', but {string.Join(" or ", variables)} is not set; allowed: its address in {variables[0]}");
            return null;
        }

        try
        {
            return kind == "redis" ? Redis(address) : Postgres(address);
        }
        catch (ArgumentException)
        {
            // Neither the value nor what the parser says of it is shown: both may hold a password.
            problems.Add($"{found.Variable} is no address of a {kind} server; allowed: {Example(kind)}");
            return null;
        }
    }

    private static StoreChoice Redis(string address)
    {
        var options = ConfigurationOptions.Parse(address);
        if (options.EndPoints.Count == 0)
            throw new ArgumentException("no server named", nameof(address));
        return new StoreChoice("redis", address, $"redis at {string.Join(", ", options.EndPoints.Select(EndPointName))}");
    }

    private static string EndPointName(System.Net.EndPoint endPoint) =>
        endPoint is System.Net.DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : $"{endPoint}";

    private static StoreChoice Postgres(string address)
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgresAddress.ToNpgsql(address));
        if (string.IsNullOrEmpty(settings.Host))
            throw new ArgumentException("no server named", nameof(address));
        var database = settings.Database is { Length: > 0 } name ? $", database {name}" : "";
        return new StoreChoice("postgres", settings.ConnectionString, $"postgres at {settings.Host}:{settings.Port}{database}");
    }

    private static string Example(string kind) => kind == "redis" ? "host:6379,password=…" : "postgres://user:…@host:5432/database";
}
