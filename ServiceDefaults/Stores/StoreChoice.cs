using System.Net;
using AspireElection.ServiceDefaults.Settings;
using AspireElection.Stores.Files;
using Npgsql;
using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>Where the election lives: as told, else where an address points to, else in files.</summary>
/// <param name="kind"><c>redis</c>, <c>postgres</c>, <c>etcd</c>, <c>file</c>, <c>quorum</c> or <c>memory</c>.</param>
/// <param name="folder">Of the file store, whichever was chosen.</param>
/// <param name="addresses">Of all servers of which the process was told.</param>
internal sealed class StoreChoice(string kind, string folder, ConnectionStrings addresses)
{
    public string Kind => kind;

    public string Folder => folder;

    public ConnectionStrings Addresses => addresses;

    /// <summary>Kind and place for people, without credentials: <c>redis at 127.0.0.1:6379</c>.</summary>
    public string Place => kind switch
    {
        "redis" => $"redis at {string.Join(", ", ConfigurationOptions.Parse(addresses.Redis!).EndPoints.Select(Name))}",
        "postgres" => Database(new NpgsqlConnectionStringBuilder(addresses.Postgres)),
        "etcd" => $"etcd at {addresses.Etcd}",
        "file" => $"file in {folder}",
        _ => kind,
    };

    /// <param name="given">What the process was told.</param>
    /// <param name="known">The stores of this version that the process can use.</param>
    /// <param name="problems">Is given one line for each wrong setting; the choice then is of no use.</param>
    public static StoreChoice Read(GivenValues given, IReadOnlyList<string> known, List<string> problems)
    {
        var addresses = ConnectionStrings.Read(given, problems);
        return new StoreChoice(ReadKind(given, addresses, known, problems), ReadFolder(given, problems), addresses);
    }

    private static string ReadKind(GivenValues given, ConnectionStrings addresses, IReadOnlyList<string> known, List<string> problems)
    {
        if (given[SharedSettings.Store] is { } told)
        {
            if (!known.Contains(told.Text))
                problems.Add($"{told.Source} is '{told.Text}'; allowed in this version: {string.Join(", ", known)}");
            else if (told.Text is "redis" && addresses.RedisFrom is null)
                problems.Add($"{told.Source} is 'redis' without its address; allowed: with ConnectionStrings__redis, such as localhost:6379");
            else if (told.Text is "postgres" && addresses.PostgresFrom is null)
                problems.Add($"{told.Source} is 'postgres' without its address; allowed: with DATABASE_URL or ConnectionStrings__postgres");
            else if (told.Text is "etcd" && addresses.EtcdFrom is null)
                problems.Add($"{told.Source} is 'etcd' without its address; allowed: with ConnectionStrings__etcd, such as http://localhost:2379");
            return told.Text;
        }

        (string Store, GivenValue? From)[] servers =
        [
            ("redis", addresses.RedisFrom), ("postgres", addresses.PostgresFrom), ("etcd", addresses.EtcdFrom),
        ];
        var present = servers.Where(a => a.From is not null).ToList();
        if (present.Count > 1)
        {
            problems.Add($"{SharedSettings.Store.Flag} is not given, and there are {string.Join(" and ", present.Select(a => a.From!.Source))}; " +
                $"allowed: one of {string.Join(", ", known)}");
        }

        return present.Count > 0 ? present[0].Store : "file";
    }

    private static string ReadFolder(GivenValues given, List<string> problems)
    {
        if (given[SharedSettings.LockDirectory] is not { } folder)
            return FileStore.DefaultFolder;
        if (File.Exists(folder.Text))
            problems.Add($"{folder.Source} is '{folder.Text}'; allowed: a folder, and this is a file");
        return Path.GetFullPath(folder.Text);
    }

    private static string Name(EndPoint endPoint) =>
        endPoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : $"{endPoint}";

    private static string Database(NpgsqlConnectionStringBuilder settings) =>
        $"postgres at {settings.Host}:{settings.Port}{(settings.Database is { Length: > 0 } name ? $", database {name}" : "")}";
}
