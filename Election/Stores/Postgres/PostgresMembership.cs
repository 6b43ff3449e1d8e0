using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>The members of every election, in the table <c>node_records</c>.</summary>
internal sealed class PostgresMembership(PooledStatements pool, StandingMembers standing) : IMembership
{
    /// <summary>A leader that was frozen may say so after it was succeeded: it is no leader once a newer term is there.</summary>
    private const string Status = """
        CASE WHEN $4 = 'leader' AND EXISTS (SELECT FROM election_terms t WHERE t.election = $1 AND t.token > $5) THEN 'follower' ELSE $4 END
        """;

    // A row of presence is written anew all the time: it must not make a new leader's commit wait for the disk twice.
    private const string NotDurably = "SELECT set_config('synchronous_commit', 'off', true)";

    private const string Beat = $"""
        INSERT INTO node_records AS n
            (election, id, instance_id, status, last_heartbeat, term, priority, address, created_at, updated_at)
        VALUES ($1, $2, $3, {Status}, statement_timestamp(), $5, $6, $7, statement_timestamp(), statement_timestamp())
        ON CONFLICT (election, id, instance_id) DO UPDATE SET
            status = excluded.status, last_heartbeat = excluded.last_heartbeat, term = excluded.term,
            priority = excluded.priority, address = excluded.address, updated_at = excluded.updated_at
        """;

    /// <summary>
    /// For a session that wants to wait in line next: of a member that is listed already, never waiting for a row that
    /// somebody else has locked nor for the disk. Its parameters are those of the other one.
    /// </summary>
    public const string BeatInLine = $"""
        WITH mine AS (
            SELECT FROM node_records WHERE election = $1 AND id = $2 AND instance_id = $3 FOR UPDATE SKIP LOCKED)
        UPDATE node_records SET status = {Status}, last_heartbeat = statement_timestamp(), term = $5, priority = $6, address = $7,
            updated_at = statement_timestamp()
        WHERE election = $1 AND id = $2 AND instance_id = $3 AND EXISTS (SELECT FROM mine)
        RETURNING set_config('synchronous_commit', 'off', true)
        """;

    /// <summary>
    /// What a leader says of those who led before it: they may be dead, frozen or cut off, and could not say so
    /// themselves. Never waiting for a row that somebody else has locked.
    /// </summary>
    private const string Succeed = """
        WITH past AS (
            SELECT id, instance_id FROM node_records
            WHERE election = $1 AND status = 'leader' AND term < $2 AND (id, instance_id) <> ($3, $4) FOR UPDATE SKIP LOCKED)
        UPDATE node_records n SET status = 'follower', updated_at = statement_timestamp()
        FROM past WHERE n.election = $1 AND n.id = past.id AND n.instance_id = past.instance_id
        """;

    private const string All = """
        SELECT election, id, instance_id, status, priority, address, term, created_at, last_heartbeat
        FROM node_records WHERE election = $1
        ORDER BY priority DESC, id COLLATE "C", instance_id COLLATE "C"
        """;

    private const string Stale = """
        DELETE FROM node_records WHERE election = $1 AND last_heartbeat < clock_timestamp() - make_interval(secs => $2)
        """;

    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        standing.Say(self) is { } members ? ValueTask.FromResult(members) : pool.RunAsync<IReadOnlyList<Member>>(
            async (connection, cancellation) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new NpgsqlBatchCommand(NotDurably));
                var beat = new NpgsqlBatchCommand(Beat);
                Describe(beat, self);
                batch.BatchCommands.Add(beat);
                if (self.Role == Role.Leader)
                    batch.BatchCommands.Add(SucceedBy(self));
                batch.BatchCommands.Add(AllOf(self.Election));
                await using var reader = await batch.ExecuteReaderAsync(cancellation);
                await reader.NextResultAsync(cancellation);
                return await ReadAsync(reader, cancellation);
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        pool.RunAsync<IReadOnlyList<Member>>(
            async (connection, cancellation) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(AllOf(election));
                await using var reader = await batch.ExecuteReaderAsync(cancellation);
                return await ReadAsync(reader, cancellation);
            },
            cancellationToken);

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        standing.Forget(election, id);
        await pool.RunAsync(
            async (connection, cancellation) =>
            {
                await using var leave = new NpgsqlCommand(
                    "DELETE FROM node_records WHERE election = $1 AND id = $2 AND instance_id = $3", connection);
                leave.Parameters.With(election).With(id.NodeId).With(id.Incarnation);
                return await leave.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);
    }

    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        pool.RunAsync(
            async (connection, cancellation) =>
            {
                await using var remove = new NpgsqlCommand(Stale, connection);
                remove.Parameters.With(election).With(nodeTimeout.TotalSeconds);
                return await remove.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken);

    /// <summary>What <paramref name="self"/> says, as the parameters of <see cref="BeatInLine"/>.</summary>
    public static void Describe(NpgsqlBatchCommand command, Member self)
    {
        command.Parameters.Clear();
        command.Parameters.With(self.Election).With(self.Id.NodeId).With(self.Id.Incarnation).With(StatusOf(self.Role))
            .With(self.Term).With(self.Priority).WithText(self.Address);
    }

    private static NpgsqlBatchCommand SucceedBy(Member leader)
    {
        var command = new NpgsqlBatchCommand(Succeed);
        command.Parameters.With(leader.Election).With(leader.Term).With(leader.Id.NodeId).With(leader.Id.Incarnation);
        return command;
    }

    /// <summary>Asks for all members.</summary>
    public static NpgsqlBatchCommand AllOf(string election)
    {
        var command = new NpgsqlBatchCommand(All);
        command.Parameters.With(election);
        return command;
    }

    /// <summary>The answer to <see cref="AllOf"/>.</summary>
    public static async Task<List<Member>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var members = new List<Member>();
        while (await reader.ReadAsync(cancellationToken))
        {
            members.Add(new Member(
                reader.GetString(0),
                new CandidateId(reader.GetString(1), reader.GetString(2)),
                RoleOf(reader.GetString(3)),
                reader.GetInt32(4),
                reader.IsDBNull(5) ? null : reader.GetString(5),
                reader.GetInt64(6),
                reader.GetFieldValue<DateTimeOffset>(7),
                reader.GetFieldValue<DateTimeOffset>(8)));
        }

        return members;
    }

    private static string StatusOf(Role role) => role switch
    {
        Role.Leader => "leader",
        Role.Follower => "follower",
        Role.Candidate => "candidate",
        Role.Observer => "observer",
        _ => "stopped",
    };

    private static Role RoleOf(string status) => status switch
    {
        "leader" => Role.Leader,
        "follower" => Role.Follower,
        "candidate" => Role.Candidate,
        "observer" => Role.Observer,
        _ => Role.Stopped,
    };
}
