using AspireElection.Fencing;
using Npgsql;

namespace AspireElection.FaultNodes.Registers;

/// <summary>A table of PostgreSQL behind its fence that keeps every accepted write, over a line of its own.</summary>
internal sealed class PostgresRegister(string connectionString) : IRegister
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString + ";Maximum Pool Size=2;Timeout=1;Command Timeout=2");

    public async Task WriteAsync(Term term, CancellationToken cancellationToken)
    {
        await using var fenced = await PostgresFencedTransaction.BeginAsync(_database, term, Silence, cancellationToken);
        // The fence is held by now, so numbers are given in the order of the commits.
        await using var write = new NpgsqlCommand("INSERT INTO register (token) VALUES ($1)", fenced.Connection);
        write.Parameters.Add(new NpgsqlParameter<long> { TypedValue = term.Token });
        await write.ExecuteNonQueryAsync(cancellationToken);
        await fenced.CommitAsync(cancellationToken);
    }
}
