using AspireElection.Fencing;
using AspireElection.Jobs;
using AspireElection.Workers.Settings;
using Npgsql;

namespace AspireElection.Workers.Jobs;

/// <summary>
/// Brings the database's schema up to date, once in the whole cluster. Each file is one transaction under the fencing
/// token: a leader whose time is over cannot apply half of it, nor apply it a second time.
/// </summary>
internal sealed class Migrations(WorkerSettings settings, IServiceProvider services, IReadOnlyList<Migration> files) : ILeaderJob
{
    private const string Create = """
        CREATE TABLE IF NOT EXISTS applied_migrations (
            file text PRIMARY KEY, checksum text NOT NULL, term bigint NOT NULL, node_id text NOT NULL,
            applied timestamptz NOT NULL DEFAULT now())
        """;

    private const string Find = "SELECT checksum FROM applied_migrations WHERE file = $1";

    private const string Note = "INSERT INTO applied_migrations (file, checksum, term, node_id) VALUES ($1, $2, $3, $4)";

    public string Name => "migrations";

    public JobSchedule Schedule { get; } = JobSchedule.Once(Migration.VersionOf(files));

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
    {
        if (services.GetService<NpgsqlDataSource>() is not { } database)
            return JobOutcome.Skipped("no database");
        for (var i = 0; i < files.Count; i++)
        {
            await ApplyAsync(database, context.Term, files[i], stopping);
            await context.ReportAsync((i + 1.0) / files.Count);
        }

        return JobOutcome.Done;
    }

    private async Task ApplyAsync(NpgsqlDataSource database, Term term, Migration file, CancellationToken stopping)
    {
        await using var fenced = await PostgresFencedTransaction.BeginAsync(
            database, term, settings.Election.LeaseDuration, stopping);
        await ExecuteAsync(fenced.Connection, Create, stopping);
        await using (var find = new NpgsqlCommand(Find, fenced.Connection) { Parameters = { new() { Value = file.File } } })
        {
            if (await find.ExecuteScalarAsync(stopping) is string checksum)
            {
                if (checksum != file.Checksum)
                    throw new InvalidOperationException($"{file.File} was changed after it had been applied; put it back and add a new file.");
                return;
            }
        }

        try
        {
            await ExecuteAsync(fenced.Connection, file.Sql, stopping);
        }
        catch (PostgresException exception)
        {
            throw new InvalidOperationException($"{file.File}: {exception.MessageText} ({exception.SqlState})", exception);
        }

        await ExecuteAsync(
            fenced.Connection, Note, stopping, file.File, file.Checksum, term.Token, term.Candidate.NodeId);
        await fenced.CommitAsync(stopping);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken stopping, params object[] values)
    {
#pragma warning disable CA2100 // The text is a constant or a file of this program.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        // A migration may take as long as the leadership lasts.
        command.CommandTimeout = 0;
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(stopping);
    }
}
