using System.Globalization;
using System.Runtime.CompilerServices;
using AspireElection.Telemetry;
using Npgsql;

namespace AspireElection.Fencing;

/// <summary>
/// A transaction that only the newest leader can have: the database itself refuses older terms, whatever a paused or
/// cut-off process believes.
/// </summary>
/// <remarks>
/// Works in any PostgreSQL database (version 14 or newer), wherever the election lives. The highest term that has
/// written is kept in the table <c>election_fence</c>, created on demand in the first schema of the search path. Its
/// row is locked until the end of the transaction, so transactions of one election run one after another. The server
/// ends the transaction when this process falls silent inside it for a lease: a frozen leader does not hang the next.
/// <example>
/// <code>
/// await using var fenced = await PostgresFencedTransaction.BeginAsync(dataSource, leadership.Term, lease, cancellation);
/// await using var command = new NpgsqlCommand("CREATE TABLE …", fenced.Connection);
/// await command.ExecuteNonQueryAsync(cancellation);
/// await fenced.CommitAsync(cancellation);
/// </code>
/// </example>
/// </remarks>
public sealed class PostgresFencedTransaction : IAsyncDisposable
{
    private const string Create = """
        SELECT pg_advisory_xact_lock(hashtextextended('AspireElection fence', 0));
        CREATE TABLE IF NOT EXISTS election_fence (
            election text PRIMARY KEY, token bigint NOT NULL, node_id text NOT NULL, incarnation text NOT NULL)
        """;

    // A client that is gone does not keep its statement running, nor a silent one its transaction open.
    private const string Bound = """
        SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('lock_timeout', $2, true),
            CASE WHEN version() ~* 'linux' THEN set_config('client_connection_check_interval', '1000', true) END
        """;

    private const string Take = """
        INSERT INTO election_fence AS f (election, token, node_id, incarnation) VALUES ($1, $2, $3, $4)
        ON CONFLICT (election) DO UPDATE
            SET token = excluded.token, node_id = excluded.node_id, incarnation = excluded.incarnation
            WHERE f.token < excluded.token
            OR (f.token, f.node_id, f.incarnation) = (excluded.token, excluded.node_id, excluded.incarnation)
        """;

    private static readonly ConditionalWeakTable<NpgsqlDataSource, object> s_withFence = [];

    private readonly NpgsqlTransaction _transaction;

    private PostgresFencedTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        Connection = connection;
        _transaction = transaction;
    }

    /// <summary>The connection; its commands run inside the transaction.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>Begins a transaction and takes the fence.</summary>
    /// <param name="dataSource">The database to write to.</param>
    /// <param name="term">The term to write under.</param>
    /// <param name="leaseDuration">
    /// For how long the server bears silence inside the transaction. Waiting for any lock is bounded by twice this
    /// plus a second, which outlasts a frozen predecessor.
    /// </param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <exception cref="StaleTermException">A newer term, or the same token of another holder, has written.</exception>
    /// <exception cref="NpgsqlException">The database refused, or a predecessor's statement still runs (55P03).</exception>
    public static async Task<PostgresFencedTransaction> BeginAsync(
        NpgsqlDataSource dataSource, Term term, TimeSpan leaseDuration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(term);
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            if (!s_withFence.TryGetValue(dataSource, out _))
            {
                await EnsureFenceAsync(connection, cancellationToken);
                s_withFence.AddOrUpdate(dataSource, dataSource);
            }

            return await BeginAsync(connection, term, leaseDuration, cancellationToken);
        }
        catch (Exception exception)
        {
            if (exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable })
                s_withFence.Remove(dataSource);
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Commits. Until then nothing of the transaction is seen by others.</summary>
    public Task CommitAsync(CancellationToken cancellationToken = default) => _transaction.CommitAsync(cancellationToken);

    /// <summary>Rolls back what was not committed, and gives the connection back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }

    private static async Task<PostgresFencedTransaction> BeginAsync(
        NpgsqlConnection connection, Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            var bound = new NpgsqlBatchCommand(Bound);
            bound.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Milliseconds(leaseDuration) });
            bound.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Milliseconds(leaseDuration * 2 + TimeSpan.FromSeconds(1)) });
            batch.BatchCommands.Add(bound);
            batch.BatchCommands.Add(TakeUnder(term));
            await batch.ExecuteNonQueryAsync(cancellationToken);
            if (batch.BatchCommands[1].RecordsAffected == 1)
                return new PostgresFencedTransaction(connection, transaction);
            ElectionTelemetry.StaleWriteRefused(term, "postgres");
            throw new StaleTermException(term);
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    private static NpgsqlBatchCommand TakeUnder(Term term)
    {
        var take = new NpgsqlBatchCommand(Take);
        take.Parameters.Add(new NpgsqlParameter<string> { TypedValue = term.Election });
        take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = term.Token });
        take.Parameters.Add(new NpgsqlParameter<string> { TypedValue = term.Candidate.NodeId });
        take.Parameters.Add(new NpgsqlParameter<string> { TypedValue = term.Candidate.Incarnation });
        return take;
    }

    /// <summary>Looks first: a role that may only write, into tables that are there, cannot even ask for IF NOT EXISTS.</summary>
    private static async Task EnsureFenceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand("SELECT to_regclass('election_fence') IS NOT NULL", connection);
        if ((bool)(await look.ExecuteScalarAsync(cancellationToken))!)
            return;
        // IF NOT EXISTS alone is no guard: two that create the same table at one time meet in the catalog (23505).
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var create = new NpgsqlCommand(Create, connection, transaction);
        await create.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static string Milliseconds(TimeSpan duration) =>
        Math.Max(1, (long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
