using System.Text.RegularExpressions;
using Npgsql;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>
/// Where a PostgreSQL database is: as URI (<c>postgres://user:password@host:5432/database</c>), as libpq's keywords
/// (<c>host=db user=app</c>) or as an Npgsql string (<c>Host=db;Username=app</c>).
/// </summary>
public static partial class PostgresAddress
{
    /// <summary>Turns any of the three into an Npgsql connection string.</summary>
    /// <exception cref="ArgumentException">It is none of them. The message does not repeat it: it may hold a password.</exception>
    public static string ToNpgsql(string address)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        try
        {
            if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "postgres" or "postgresql")
                return FromUri(uri);
            return address.Contains(';', StringComparison.Ordinal) || Keywords().Matches(address) is not { Count: > 1 } keywords
                ? new NpgsqlConnectionStringBuilder(address).ConnectionString
                : FromPairs(keywords.Select(k => (k.Groups["name"].Value, Unquote(k.Groups["value"].Value))));
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            // What the parser says may repeat a part of the string.
            throw new ArgumentException("not an address of a PostgreSQL database");
        }
    }

    private static string FromUri(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        var pairs = new List<(string Name, string Value)>
        {
            ("host", uri.Host.Trim('[', ']')),
            ("port", uri.IsDefaultPort || uri.Port < 0 ? "5432" : $"{uri.Port}"),
            ("user", Uri.UnescapeDataString(user[0])),
            ("password", user.Length > 1 ? Uri.UnescapeDataString(user[1]) : ""),
            ("dbname", Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'))),
        };
        pairs.AddRange(uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2))
            .Where(p => p.Length == 2)
            .Select(p => (p[0], Uri.UnescapeDataString(p[1]))));
        return FromPairs(pairs);
    }

    private static string FromPairs(IEnumerable<(string Name, string Value)> pairs)
    {
        var npgsql = new NpgsqlConnectionStringBuilder();
        foreach (var (name, value) in pairs.Where(p => p.Value.Length > 0))
            npgsql[NpgsqlName(name)] = NpgsqlName(name) == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        return npgsql.ConnectionString;
    }

    private static string NpgsqlName(string name) => name.ToLowerInvariant() switch
    {
        "hostaddr" => "Host",
        "user" => "Username",
        "dbname" => "Database",
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "connect_timeout" => "Timeout",
        "application_name" => "Application Name",
        "passfile" => "Passfile",
        var same => same,
    };

    private static string Unquote(string value) => value is ['\'', .. var inner, '\'']
        ? inner.Replace("\\'", "'", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal)
        : value;

    [GeneratedRegex(@"(?<name>[A-Za-z_]+)\s*=\s*(?<value>'(?:[^'\\]|\\.)*'|\S*)")]
    private static partial Regex Keywords();
}
