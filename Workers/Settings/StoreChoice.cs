namespace AspireElection.Workers.Settings;

/// <summary>Where the election lives: as told, else where an address points to, else in files.</summary>
internal static class StoreChoice
{
    /// <summary>What this version has.</summary>
    public static readonly IReadOnlyList<string> Known = ["redis", "postgres", "file", "memory"];

    public static string Read(GivenValues given, ConnectionStrings connections, List<string> problems)
    {
        if (given[SettingsTable.Store] is { } told)
        {
            if (!Known.Contains(told.Text))
                problems.Add($"{told.Source} is '{told.Text}'; allowed in this version: {string.Join(", ", Known)}");
            else if (told.Text is "redis" && connections.RedisFrom is null)
                problems.Add($"{told.Source} is 'redis' without its address; allowed: with ConnectionStrings__redis, such as localhost:6379");
            else if (told.Text is "postgres" && connections.PostgresFrom is null)
                problems.Add($"{told.Source} is 'postgres' without its address; allowed: with DATABASE_URL or ConnectionStrings__postgres");
            return told.Text;
        }

        (string Store, GivenValue? From)[] addresses =
        [
            ("redis", connections.RedisFrom), ("postgres", connections.PostgresFrom), ("etcd", connections.EtcdFrom),
        ];
        var present = addresses.Where(a => a.From is not null).ToList();
        if (present.Count > 1)
        {
            problems.Add($"{SettingsTable.Store.Flag} is not given, and there are {string.Join(" and ", present.Select(a => a.From!.Source))}; " +
                $"allowed: one of {string.Join(", ", Known)}");
        }
        else if (present is [("etcd", var from)])
        {
            problems.Add($"{from!.Source} is given, and this version has no etcd; allowed: {SettingsTable.Store.Flag} with one of {string.Join(", ", Known)}");
        }

        return present.Count > 0 ? present[0].Store : "file";
    }
}
