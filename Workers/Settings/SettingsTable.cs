using AspireElection.ServiceDefaults.Settings;

namespace AspireElection.Workers.Settings;

/// <summary>Every setting of a worker. Flags, variables, the help text and the README's table come from here.</summary>
internal static class SettingsTable
{
    public static readonly Setting NodeId = new("--node-id", "NODE_ID", "the host's name (plus the instance id under Aspire)",
        "this node's name, 1 to 128 characters of A-Z a-z 0-9 . _ -");

    public static readonly Setting Priority = new("--priority", "NODE_PRIORITY", "0", "a whole number, higher is preferred");

    public static readonly Setting LeaseDuration = new("--lease-duration", "LEASE_DURATION", "10s",
        "how long a silent leader keeps the seat, at least 100ms");

    public static readonly Setting RenewPeriod = new("--renew-period", "RENEW_PERIOD", "a third of the lease",
        "heartbeat of the leader, at most half of lease minus margin");

    public static readonly Setting Margin = new("--margin", "LEASE_MARGIN", "a tenth of the lease",
        "how much earlier the leader stops believing, below the lease");

    public static readonly Setting DrainLimit = new("--drain-limit", "DRAIN_LIMIT", "4s",
        "how long a job may drain when its leader resigns");

    public static readonly Setting RetryPeriod = new("--retry-period", "RETRY_PERIOD", "a fifth of the lease, at most 2s",
        "how often a follower looks where the store cannot tell it, below the lease");

    public static readonly Setting NodeTimeout = new("--node-timeout", "NODE_TIMEOUT", "three leases",
        "when a silent member is taken off the list, above the lease");

    public static readonly Setting DataDirectory = new("--data-dir", "DATA_DIR", "a folder beside the lock",
        "quorum: where term, vote and log are kept");

    public static readonly Setting Observer = new("--observer", "OBSERVER", "false",
        "true: watches, never stands");

    public static readonly Setting StatusLine = new("--status-line", "STATUS_LINE", "true at a terminal",
        "true: a status line a second");

    public static readonly Setting AdminToken = new(null, "ELECTION_ADMIN_TOKEN", "",
        "opens the drills over HTTP, at least 16 characters")
    { Secret = true };

    public static readonly IReadOnlyList<Setting> All =
    [
        SharedSettings.Store, NodeId, SharedSettings.LockName, Priority, LeaseDuration, RenewPeriod, Margin, DrainLimit,
        RetryPeriod, NodeTimeout, SharedSettings.LockDirectory, SharedSettings.Peers, DataDirectory, Observer, SharedSettings.InitialLeader, StatusLine,
        SharedSettings.Port, SharedSettings.Urls, SharedSettings.Database, SharedSettings.Redis, SharedSettings.Postgres,
        SharedSettings.Etcd, SharedSettings.ClusterKey, AdminToken,
    ];

    /// <summary>The answer to <c>--help</c>.</summary>
    public static string Help() =>
        "One node of an election. Flags win over environment variables, those over appsettings.json.\n\n" +
        Setting.Lines(All) + "\n\nDurations: 500ms, 15s, 1m or hh:mm:ss.\n";
}
