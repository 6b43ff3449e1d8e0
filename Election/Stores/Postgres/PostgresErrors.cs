using System.Net.Sockets;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>What went wrong at the server, in one line for people and without the password.</summary>
internal sealed class PostgresErrors
{
    private const string NobodyLocks = "nobody keeps the tables of the election locked (pg_locks)";

    private readonly string _server;

    public PostgresErrors(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var host = settings.Host is { Length: > 0 } named ? named : "(no host)";
        var place = host.Contains(',', StringComparison.Ordinal) || host.StartsWith('/') ? host : $"{host}:{settings.Port}";
        _server = $"postgres at {place}, database '{settings.Database ?? settings.Username}', user '{settings.Username}'";
    }

    /// <summary>Whether the server or the line to it is to blame, rather than a caller or this code.</summary>
    public static bool AreOfServer(Exception exception) =>
        exception is NpgsqlException or SocketException or IOException or TimeoutException;

    public StoreUnavailableException Unavailable(Exception exception) => new(Line(Found(exception)), exception);

    public StoreUnavailableException Unfit(string found) => new(Line(found));

    private string Line(string found) => $"{_server}: {found}";

    private static string Found(Exception exception) => exception switch
    {
        PostgresException refused => $"{Meaning(refused)} ({refused.SqlState})",
        _ when exception.InnerException is SocketException socket => NoAnswer(socket),
        SocketException socket => NoAnswer(socket),
        _ when exception is TimeoutException || exception.InnerException is TimeoutException =>
            $"no answer in time; see whether the server hangs, the line to it is up, and {NobodyLocks}",
        _ => $"the connection broke ({FirstLine((exception.InnerException ?? exception).Message)}); it is tried again",
    };

    private static string NoAnswer(SocketException socket) =>
        $"not reached ({FirstLine(socket.Message)}); see whether it runs and whether host and port are right";

    private static string Meaning(PostgresException refused) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => "the password was refused; set the right one in the connection string",
        PostgresErrorCodes.InvalidAuthorizationSpecification => "the user was refused; see the user name and pg_hba.conf",
        PostgresErrorCodes.InvalidCatalogName => "the database does not exist; create it, or name another one",
        PostgresErrorCodes.TooManyConnections =>
            "no connection is left; raise max_connections: each candidate takes one, and each store a few for its statements",
        PostgresErrorCodes.CannotConnectNow => "the server is starting or shutting down; it is tried again",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"a permission is missing: {FirstLine(refused.MessageText)}; grant the user CREATE on the schema, or where the " +
            "election's tables exist, SELECT, INSERT, UPDATE and DELETE on them",
        PostgresErrorCodes.InvalidSchemaName =>
            $"{FirstLine(refused.MessageText)}; create a schema of the user's search path, or set Search Path in the connection string",
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            "it is read-only; connect to the primary, or take default_transaction_read_only from the user and the database",
        PostgresErrorCodes.UndefinedTable => "a table of the election is gone; it is created again",
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable =>
            $"{FirstLine(refused.MessageText)}; see whether the server is slow, and {NobodyLocks}",
        PostgresErrorCodes.AdminShutdown => "an administrator or a shutdown ended the session; it is tried again",
        PostgresErrorCodes.IdleSessionTimeout =>
            "the server ended the session because this process was silent for too long; it is tried again",
        _ => FirstLine(refused.MessageText),
    };

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
