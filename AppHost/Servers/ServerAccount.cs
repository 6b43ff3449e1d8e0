namespace AspireElection.AppHost.Servers;

/// <summary>Who a server runs as: PostgreSQL refuses to run as root.</summary>
internal static class ServerAccount
{
    /// <summary>Null for an ordinary user, who runs the servers as himself; an unprivileged account's name for root.</summary>
    public static string? ForRoot() => !Environment.IsPrivilegedProcess ? null : Exists("postgres") ? "postgres" : "nobody";

    private static bool Exists(string account) =>
        File.ReadLines("/etc/passwd").Any(line => line.StartsWith(account + ":", StringComparison.Ordinal));
}
