namespace AspireElection.Stores.Etcd;

/// <summary>Where an etcd is and how to speak to it.</summary>
public sealed class EtcdOptions
{
    /// <summary>What to tell somebody whose connection string could not be read.</summary>
    internal const string Allowed =
        "http://host:2379, several separated by commas, with user:password@ or ;Username=…;Password=…, for https also ;CaFile=…;CertificateFile=…;KeyFile=…";

    /// <summary>Addresses of its members (<c>http</c> or <c>https</c>), at least one; the next is asked when one fails.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>The user, where etcd wants one; else null.</summary>
    public string? Username { get; init; }

    /// <summary>Its password; never shown.</summary>
    public string? Password { get; init; }

    /// <summary>A PEM file of the certificates that signed the server's; default: those that the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>A PEM file of the client's own certificate, where the server wants one.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>A PEM file of its key; default: in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>
    /// Reads <c>http://user:password@host:2379,http://host2:2379;Username=…;Password=…;CaFile=…;CertificateFile=…;KeyFile=…</c>;
    /// all but one address may be missing. A value ends at a semicolon; user and password of an address are percent-encoded.
    /// </summary>
    /// <exception cref="FormatException">It cannot be read; the message says what is allowed and repeats none of it.</exception>
    public static EtcdOptions Parse(string connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var words = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in parts.Skip(1))
        {
            if (part.Split('=', 2) is not [var name, { Length: > 0 } value] || !IsKnown(name.Trim()) || !words.TryAdd(name.Trim(), value.Trim()))
                throw NotReadable();
        }

        var (user, password) = (words.GetValueOrDefault("Username"), words.GetValueOrDefault("Password"));
        var endpoints = new List<Uri>();
        foreach (var text in parts.FirstOrDefault()?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0 ||
                uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0)
                throw NotReadable();
            if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } name, .. var rest])
                (user, password) = (Uri.UnescapeDataString(name), rest.Length == 0 ? password : Uri.UnescapeDataString(rest[0]));
            endpoints.Add(new UriBuilder(uri.Scheme, uri.Host, Port(text, uri)).Uri);
        }

        if (endpoints.Count == 0)
            throw NotReadable();
        return new EtcdOptions
        {
            Endpoints = endpoints,
            Username = user,
            Password = password,
            CaFile = words.GetValueOrDefault("CaFile"),
            CertificateFile = words.GetValueOrDefault("CertificateFile"),
            KeyFile = words.GetValueOrDefault("KeyFile"),
        };
    }

    /// <summary>The addresses, without credentials: <c>127.0.0.1:2379, 127.0.0.1:2389</c>.</summary>
    public override string ToString() => string.Join(", ", Endpoints.Select(e => e.Authority));

    private static bool IsKnown(string name) =>
        name.ToUpperInvariant() is "USERNAME" or "PASSWORD" or "CAFILE" or "CERTIFICATEFILE" or "KEYFILE";

    /// <summary>An address without a port means etcd's own, not that of the web.</summary>
    private static int Port(string text, Uri uri) =>
        uri.IsDefaultPort && !text.TrimEnd('/').EndsWith($":{uri.Port}", StringComparison.Ordinal) ? 2379 : uri.Port;

    private static FormatException NotReadable() => new($"An etcd is given as {Allowed}.");
}
