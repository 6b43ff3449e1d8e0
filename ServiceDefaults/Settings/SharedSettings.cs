namespace AspireElection.ServiceDefaults.Settings;

/// <summary>The settings that workers and dashboard have in common: where the election lives, and where HTTP listens.</summary>
internal static class SharedSettings
{
    public static readonly Setting Store = new("--store", "ELECTION_STORE", "file, unless a connection string is given",
        "where the election lives: redis, postgres, etcd, file, quorum, or memory within one process");

    public static readonly Setting LockName = new("--lock-name", "LOCK_NAME", "leader-election-demo",
        "the election's name, 1 to 128 characters of A-Z a-z 0-9 . _ -");

    public static readonly Setting LockDirectory = new("--lock-dir", "LOCK_DIR", "the system's temporary folder, a folder for each user",
        "file store: its folder");

    public static readonly Setting Peers = new("--peers", "PEERS", "none",
        "quorum: id=http://host:port items, comma separated, this node included");

    public static readonly Setting InitialLeader = new("--initial-leader", "INITIAL_LEADER", "none",
        "quorum: ids of the peers eligible from the start, comma separated");

    public static readonly Setting ClusterKey = new(null, "ELECTION_CLUSTER_KEY", "",
        "quorum: shared secret of the peers, at least 16 characters")
    { Secret = true };

    public static readonly Setting Port = new("--port", "PORT", "",
        "a port of this machine, the same as --urls http://127.0.0.1:N");

    public static readonly Setting Urls = new("--urls", "ASPNETCORE_URLS", "http://127.0.0.1:0",
        "where HTTP listens, such as http://127.0.0.1:8080; the bound address is printed");

    public static readonly Setting Database = new(null, "DATABASE_URL", "",
        "PostgreSQL, as URI, as keywords (host=… user=…) or as an Npgsql string")
    { Secret = true };

    public static readonly Setting Postgres = new(null, "ConnectionStrings__postgres", "",
        "PostgreSQL, what Aspire injects; wins over DATABASE_URL")
    { Secret = true };

    public static readonly Setting Redis = new(null, "ConnectionStrings__redis", "",
        "Redis, what Aspire injects")
    { Secret = true };

    public static readonly Setting Etcd = new(null, "ConnectionStrings__etcd", "",
        "etcd, what Aspire injects: http://host:2379, several separated by commas, ;Username=…;Password=…")
    { Secret = true };
}
