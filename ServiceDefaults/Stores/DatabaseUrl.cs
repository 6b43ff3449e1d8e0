using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>The address of a PostgreSQL database in each form that people have at hand, as an Npgsql string.</summary>
internal static partial class DatabaseUrl
{
    /// <summary>What to tell somebody whose address could not be read.</summary>
    public const string Allowed =
        "postgres://user:password@host:5432/database, host=… user=… password=… dbname=…, or an Npgsql connection string";

    private static readonly Dictionary<string, string> KeywordNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = "Host",
        ["hostaddr"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["sslnegotiation"] = "SSL Negotiation",
        ["channel_binding"] = "Channel Binding",
        ["gssencmode"] = "GSS Encryption Mode",
        ["krbsrvname"] = "Kerberos Service Name",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["client_encoding"] = "Client Encoding",
        ["options"] = "Options",
        ["search_path"] = "Search Path",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <summary>When a silent line is given up: the stores decide that for each of their sessions, by the lease.</summary>
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.OrdinalIgnoreCase)
    {
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    };

    /// <summary>Null when it is none of the forms.</summary>
    public static string? Parse(string text)
    {
        try
        {
            var settings = Uri(text) ?? Keywords(text) ?? new NpgsqlConnectionStringBuilder(text);
            return string.IsNullOrWhiteSpace(settings.Host) ? null : settings.ConnectionString;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            // The client's own words may repeat the password; the caller says what is allowed instead.
            return null;
        }
    }

    private static NpgsqlConnectionStringBuilder? Uri(string text)
    {
        if (UriForm().Match(text) is not { Success: true } match)
            return null;
        var settings = new NpgsqlConnectionStringBuilder();
        var authority = match.Groups["authority"].Value;
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var user = authority[..at].Split(':', 2);
            Set(settings, "user", Decode(user[0]));
            if (user.Length == 2)
                Set(settings, "password", Decode(user[1]));
        }

        SetHosts(settings, authority[(at + 1)..]);
        Set(settings, "dbname", Decode(match.Groups["database"].Value));
        foreach (var pair in match.Groups["query"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            Set(settings, Decode(parts[0]), parts.Length == 2 ? Decode(parts[1]) : throw new FormatException());
        }

        return settings;
    }

    /// <summary>One host with its port apart, as most tools show it; several as Npgsql lists them.</summary>
    private static void SetHosts(NpgsqlConnectionStringBuilder settings, string hosts)
    {
        if (hosts.Contains(',', StringComparison.Ordinal))
        {
            Set(settings, "host", Decode(hosts));
            return;
        }

        var match = HostForm().Match(hosts);
        if (!match.Success)
            throw new FormatException();
        Set(settings, "host", Decode(match.Groups["host"].Value).Trim('[', ']'));
        Set(settings, "port", match.Groups["port"].Value);
    }

    /// <summary><c>key=value</c> words as libpq reads them: quoted by <c>'</c>, escaped by <c>\</c>.</summary>
    private static NpgsqlConnectionStringBuilder? Keywords(string text)
    {
        // "Host=a;Username=b" would be one word here; it is the form of Npgsql.
        if (NpgsqlForm().IsMatch(QuotedForm().Replace(text, string.Empty)))
            return null;
        var rest = text.Trim();
        var settings = new NpgsqlConnectionStringBuilder();
        while (rest.Length > 0)
        {
            var match = KeywordForm().Match(rest);
            // One known word is enough to tell the form; a first one that is none may be Npgsql's, with a space in it.
            var isKnown = match.Success && (KeywordNames.ContainsKey(match.Groups["key"].Value) || WithoutEffect.Contains(match.Groups["key"].Value));
            if (!isKnown)
                return settings.Count == 0 ? null : throw new FormatException();
            var value = match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Groups["plain"].Value;
            Set(settings, match.Groups["key"].Value, EscapeForm().Replace(value, "$1"));
            rest = rest[match.Length..];
        }

        return settings;
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string keyword, string value)
    {
        if (value.Length == 0 || WithoutEffect.Contains(keyword))
            return;
        if (!KeywordNames.TryGetValue(keyword, out var name))
            throw new FormatException();
        if (name is "Port" && int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) is < 1 or > 65535)
            throw new FormatException();
        // verify-full and read-write are written without the dash in Npgsql.
        settings[name] = name is "SSL Mode" ? value.Replace("-", string.Empty, StringComparison.Ordinal) : value;
    }

    private static string Decode(string text) =>
        BadEscape().IsMatch(text) ? throw new FormatException() : System.Uri.UnescapeDataString(text);

    [GeneratedRegex(@"\Apostgres(?:ql)?://(?<authority>[^/?]*)(?:/(?<database>[^?/]*))?(?:\?(?<query>.*))?\z", RegexOptions.IgnoreCase)]
    private static partial Regex UriForm();

    [GeneratedRegex(@"\A(?<host>\[[0-9a-fA-F:.%]+\]|[^:\[\]]*)(?::(?<port>[0-9]{1,5}))?\z")]
    private static partial Regex HostForm();

    [GeneratedRegex(@"\A(?<key>\w+)\s*=\s*(?:'(?<quoted>(?:[^'\\]|\\.)*)'|(?<plain>(?:[^\s'\\]|\\.)*))(?:\s+|\z)")]
    private static partial Regex KeywordForm();

    [GeneratedRegex(@"'(?:[^'\\]|\\.)*'")]
    private static partial Regex QuotedForm();

    [GeneratedRegex(@";\s*\w[\w ]*=")]
    private static partial Regex NpgsqlForm();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex EscapeForm();

    [GeneratedRegex("%(?![0-9a-fA-F]{2})")]
    private static partial Regex BadEscape();
}
