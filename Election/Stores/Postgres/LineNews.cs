using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// A wait in line together with all that its candidate would say and ask meanwhile (its own row, the members, who
/// leads), in one round trip: an idle follower needs no other.
/// </summary>
/// <remarks>
/// Each statement is a transaction of its own, so that no row is locked while the session waits; and none blocks for
/// long, because the session is not in line before they are done. Nothing is prepared: that would wait for tables which
/// somebody keeps locked, and once in ten seconds it does not matter.
/// </remarks>
internal sealed class LineNews : IAsyncDisposable
{
    private const string Briefly = "SELECT set_config('lock_timeout', '100', false)";

    private static readonly string Long = $"SELECT set_config('lock_timeout', '{LockSession.Milliseconds(LockSession.LongestWait)}', false)";

    private readonly Candidacy _candidacy;
    private readonly LineListeners _listeners;
    private readonly NpgsqlBatch _batch;
    private readonly NpgsqlBatchCommand _beat = new(PostgresMembership.BeatInLine);

    /// <param name="connection">The session.</param>
    /// <param name="candidacy">Who waits on it.</param>
    /// <param name="listeners">Who is told what the server answered.</param>
    /// <param name="wait">The wait itself.</param>
    /// <param name="answer">The longest wait for an answer.</param>
    public LineNews(NpgsqlConnection connection, Candidacy candidacy, LineListeners listeners, NpgsqlBatchCommand wait, TimeSpan answer)
    {
        _candidacy = candidacy;
        _listeners = listeners;
        Wait = wait;
        PostgresMembership.Describe(_beat, new Member(candidacy.Election, candidacy.Id, Role.Candidate, 0, null, 0));
        _batch = new NpgsqlBatch(connection) { EnableErrorBarriers = true, Timeout = ConnectionSettings.WholeSeconds(answer) };
        NpgsqlBatchCommand[] commands =
        [
            new(Briefly), _beat, PostgresMembership.AllOf(candidacy.Election), SeatQuery.Of([candidacy.Election]), new(Long), wait,
        ];
        foreach (var command in commands)
            _batch.BatchCommands.Add(command);
    }

    public NpgsqlBatchCommand Wait { get; }

    /// <summary>Whether all that went with the last wait had been done: a failure after that is one of the wait itself.</summary>
    public bool IsSaid { get; private set; }

    /// <summary>What the candidate has to say; null when a plain wait does.</summary>
    public Member? Due => _listeners.Members.Of(_candidacy);

    /// <summary>Says, hears and waits; returns when the lock is granted.</summary>
    public async Task WaitAsync(Member self, CancellationToken cancellationToken)
    {
        IsSaid = false;
        PostgresMembership.Describe(_beat, self);
        await using var reader = await _batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var said = await reader.ReadAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var members = await PostgresMembership.ReadAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        foreach (var seen in await SeatQuery.ReadAsync(reader, _listeners.Clock, cancellationToken))
            _listeners.Seats.Told(seen);
        if (said)
            _listeners.Members.Heard(self, members);
        await reader.NextResultAsync(cancellationToken);
        IsSaid = true;
        await reader.NextResultAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _batch.DisposeAsync();
}

/// <summary>Who is told what a waiting session heard.</summary>
internal sealed record LineListeners(StandingMembers Members, PostgresObservation Seats, TimeProvider Clock);
