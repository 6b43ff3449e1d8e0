using System.Globalization;
using System.Net;
using System.Security.Authentication;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>Says in one line what is wrong with a server. Never the password, nor any other part of the settings.</summary>
internal static class RedisTrouble
{
    public const string Untrusted = "shows a TLS certificate that is not trusted; correct its name, or trust who signed it";

    public const string WrongPassword = "refused the password; correct it in the connection string";
    public const string NoPassword = "wants a password (NOAUTH); set it in the connection string";

    private static readonly (string Code, string Meaning)[] s_refusals =
    [
        ("READONLY", "is a read-only replica (READONLY); name its primary in the connection string, or promote it"),
        ("NOAUTH", NoPassword),
        ("WRONGPASS", WrongPassword),
        ("invalid password", WrongPassword),
        ("NOPERM", "refused a command to this user (NOPERM); allow it scripts, pub/sub, and keys and channels election:*"),
        ("OOM", "is out of memory (OOM); raise its maxmemory, or let it evict other keys"),
        ("LOADING", "is still loading its data (LOADING); it is asked again"),
        ("MISCONF", "refuses writes because it cannot save to its disk (MISCONF); look at its log"),
        ("NOREPLICAS", "refuses writes for want of replicas (NOREPLICAS); start them"),
        ("MASTERDOWN", "has lost its primary (MASTERDOWN); start it, or promote a replica"),
        ("CLUSTERDOWN", "has lost a part of its cluster (CLUSTERDOWN); start what is missing"),
        ("BUSY", "is busy with somebody's endless script (BUSY); end it by SCRIPT KILL"),
        ("WRONGTYPE", "holds something else under the keys election:* (WRONGTYPE); choose another election name or database"),
    ];

    public static bool Explains(Exception exception) =>
        exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException;

    public static StoreUnavailableException Of(
        IConnectionMultiplexer connection, ServerLook look, Exception exception, TimeSpan bound) =>
        new($"redis {Servers(connection)} {(NoConnection(connection, look, exception) ?? Found(exception, bound))}", exception);

    /// <summary>The connection broke while nothing was asked.</summary>
    public static StoreUnavailableException OfBreak(IConnectionMultiplexer connection) =>
        new($"redis {Servers(connection)} closed the connection; it is asked again");

    /// <summary>The server answers, and what was written is not known to be safe.</summary>
    public static StoreUnavailableException OfConfirmation(IConnectionMultiplexer connection, string found, Exception? exception) =>
        new($"redis {Servers(connection)} {found}", exception);

    private static string Found(Exception exception, TimeSpan bound) => exception switch
    {
        RedisServerException refused => Refused(refused.Message),
        TimeoutException => string.Create(
            CultureInfo.InvariantCulture, $"did not answer within {bound.TotalMilliseconds:0} ms; look whether it is overloaded, stopped or cut off"),
        ObjectDisposedException => "cannot be asked any more, because its client was disposed; stop the election before its client",
        _ => $"cannot be asked ({exception.GetType().Name}); look at the inner exception",
    };

    /// <summary>
    /// The client reports that there is no connection; why there is none stands further inside, or is not known to it. Newer
    /// clients keep a request for the next connection instead: it is late then, on a client that has none.
    /// </summary>
    private static string? NoConnection(IConnectionMultiplexer connection, ServerLook look, Exception exception)
    {
        if (exception is not RedisConnectionException && (exception is not TimeoutException || connection.IsConnected))
            return null;
        var why = ConnectionFailureType.UnableToConnect;
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException)
                return Untrusted;
            if (inner is RedisConnectionException lost && lost.FailureType != ConnectionFailureType.UnableToResolvePhysicalConnection)
                why = lost.FailureType;
        }

        if (why == ConnectionFailureType.AuthenticationFailure)
            return HasPassword(connection) ? WrongPassword : NoPassword;
        return look.Found() ?? $"is not reachable ({why}); start it, or correct its address";
    }

    private static bool HasPassword(IConnectionMultiplexer connection)
    {
        try
        {
            return ConfigurationOptions.Parse(connection.Configuration).Password is { Length: > 0 };
        }
        catch (ArgumentException)
        {
            // A client that does not tell its settings: most that are refused have a password.
            return true;
        }
    }

    // A script's error may have the code of its cause in the middle of the line, so it is looked for anywhere.
    private static string Refused(string message) =>
        Array.Find(s_refusals, r => message.Contains(r.Code, StringComparison.Ordinal)).Meaning
        ?? $"answered {message.Split(' ')[0]}; look at its version (5 or later) and its log";

    private static string Servers(IConnectionMultiplexer connection)
    {
        try
        {
            return string.Join(", ", connection.GetEndPoints(true).Select(Name));
        }
        catch (ObjectDisposedException)
        {
            return "(disposed)";
        }
    }

    private static string Name(EndPoint server) => server switch
    {
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => server.ToString() ?? "?",
    };
}
