using System.Globalization;
using System.Security.Cryptography;

namespace AspireElection.AppHost.Servers;

/// <summary>How to run a server of this machine as a process: for an executable resource, or for a test.</summary>
/// <remarks>
/// The process is <c>serve.sh</c>. On SIGTERM it lets the clients leave for <see cref="Grace"/>, stops the server and
/// removes <see cref="Folder"/>; it does the same when the owner is gone.
/// </remarks>
internal sealed record LocalServer
{
    /// <summary><c>redis</c>, <c>postgres</c> or <c>etcd</c>.</summary>
    public required string Kind { get; init; }

    public required ServerExecutable Executable { get; init; }

    /// <summary>Made by the start and removed by the stop.</summary>
    public required string Folder { get; init; }

    public required int Port { get; init; }

    /// <summary>Letters and digits only: Redis reads it from a file of words.</summary>
    public string Password { get; init; } = NewPassword();

    /// <summary>A database to create in a new data folder; Redis has none.</summary>
    public string? Database { get; init; }

    /// <summary>Data survive a stop and a kill; the folder stays until whoever asked for this removes it.</summary>
    public bool Keep { get; init; }

    /// <summary>How many clients a PostgreSQL lets in at one time.</summary>
    public int Connections { get; init; } = 300;

    /// <summary>Peer ports of all members of an etcd's cluster, its own first; none: it is alone.</summary>
    public IReadOnlyList<int> Cluster { get; init; } = [];

    /// <summary>An etcd's election timeout; its least lease is 1.5 times that, in whole seconds.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Further flags of an etcd, separated by spaces.</summary>
    public string Flags { get; init; } = "";

    /// <summary>How long a stop waits for the clients to leave; whole seconds.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The server ends when this process is gone.</summary>
    public int OwnerProcessId { get; init; } = Environment.ProcessId;

    /// <summary>Null where the machine has no <c>redis-server</c>.</summary>
    public static LocalServer? Redis(int port) => Find("redis", "redis-server", port);

    /// <summary>Null where the machine has no <c>postgres</c>.</summary>
    public static LocalServer? Postgres(int port, string? database = null) => Find("postgres", "postgres", port) is { } found
        ? found with { Database = database }
        : null;

    /// <summary>Null where the machine has no <c>etcd</c>.</summary>
    public static LocalServer? Etcd(int port) => Find("etcd", "etcd", port);

    public static string Command => "/bin/sh";

    /// <summary>Where the command starts; it goes into <see cref="Folder"/> by itself.</summary>
    public static string WorkingFolder => "/";

    public string[] Arguments =>
    [
        Path.Combine(AppContext.BaseDirectory, "Servers", "serve.sh"), Kind, Executable.Path, Folder, Text(Port), Text(OwnerProcessId),
    ];

    /// <summary>Holds the password, which must not be among the arguments.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["SERVER_PASSWORD"] = Password,
        ["SERVER_ACCOUNT"] = ServerAccount.ForRoot() ?? "",
        ["SERVER_DATABASE"] = Database ?? "",
        ["SERVER_KEEP"] = Keep ? "1" : "",
        ["SERVER_CONNECTIONS"] = Text(Connections),
        ["SERVER_CLUSTER"] = string.Join(',', Cluster.Select(Text)),
        ["SERVER_TIMEOUT"] = Text((int)ElectionTimeout.TotalMilliseconds),
        ["SERVER_FLAGS"] = Flags,
        ["SERVER_GRACE"] = Text((int)Math.Ceiling(Grace.TotalSeconds)),
    };

    /// <summary>For StackExchange.Redis, Npgsql or the etcd store; holds the password.</summary>
    public string ConnectionString => Kind == "etcd" ? $"http://127.0.0.1:{Text(Port)}"
        : Kind == "redis" ? $"127.0.0.1:{Text(Port)},password={Password}"
        : $"Host=127.0.0.1;Port={Text(Port)};Username=postgres;Password={Password};Database={Database ?? "postgres"}";

    /// <summary>Without the password, which a record would show.</summary>
    public override string ToString() => $"{Kind} on 127.0.0.1:{Text(Port)}";

    private static LocalServer? Find(string kind, string executable, int port)
    {
        if (!OperatingSystem.IsLinux() || ServerExecutable.Find(executable) is not { } found) return null;
        return new LocalServer { Kind = kind, Executable = found, Folder = ServerFolder.Choose(kind), Port = port };
    }

    private static string NewPassword() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
