using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Benchmarks.Server;

/// <summary>
/// <c>pg_stat_statements</c> where the server has it, else the transactions of <c>pg_stat_database</c>, which a session
/// that waits tells only when its wait has ended. The server counts no bytes.
/// </summary>
internal sealed class PostgresMeter : IMeter
{
    private const string Module = "pg_stat_statements";

    private readonly NpgsqlConnection _connection;
    private readonly string _question;
    private long _asked;

    private PostgresMeter(NpgsqlConnection connection, bool statements)
    {
        _connection = connection;
        CountsStatements = statements;
        // Beside its calls a transaction of its own is what one reading costs, and nothing else.
        _question = statements
            ? "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"
            : "SELECT (xact_commit + xact_rollback)::bigint FROM pg_stat_database WHERE datname = current_database()";
    }

    /// <summary>Statements; else transactions.</summary>
    public bool CountsStatements { get; }

    /// <summary>Has the server load the module, where it has it, for which it is started anew.</summary>
    public static async Task<PostgresMeter> OpenAsync(PostgresServer server, CancellationToken stop)
    {
        var statements = (long)(await server.QueryAsync($"SELECT count(*) FROM pg_available_extensions WHERE name = '{Module}'"))! > 0;
        if (statements)
        {
            await server.QueryAsync($"ALTER SYSTEM SET shared_preload_libraries = '{Module}'");
            await server.RestartAsync(keepData: true);
            await server.QueryAsync($"CREATE EXTENSION {Module}");
        }

        var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(stop);
        return new PostgresMeter(connection, statements);
    }

    public async Task<Reading> ReadAsync(CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(_question, _connection);
        var counted = (long)(await command.ExecuteScalarAsync(stop))!;
        return new Reading(counted - _asked++, null);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
