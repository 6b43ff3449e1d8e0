using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>What the sessions of many elections ask of the server.</summary>
internal static class SharedSettings
{
    private const int OldestServer = 14;

    /// <summary>A session that holds seats: it ends when it was silent for the lease, and not sooner.</summary>
    public static (string Name, string Value)[] OfSeats(TimeSpan lease)
    {
        // Nothing that it runs may wait: while it does, no seat of the session is renewed.
        var brief = TimeSpan.FromMilliseconds(Math.Clamp(lease.TotalMilliseconds / 8, 10, 250));
        return
        [
            ("application_name", $"{LockSession.Name} seats"),
            ("idle_session_timeout", LockSession.Milliseconds(lease)),
            ("lock_timeout", LockSession.Milliseconds(brief)),
            ("statement_timeout", LockSession.Milliseconds(lease / 2)),
            .. SessionSettings.SilenceOf(lease),
            .. Common,
        ];
    }

    /// <summary>The session of those who wait: it ends when its process is frozen, and others count on it no more.</summary>
    public static (string Name, string Value)[] OfWaiters(TimeSpan silence) =>
    [
        ("application_name", $"{LockSession.Name} waiters"),
        ("idle_session_timeout", LockSession.Milliseconds(silence)),
        ("lock_timeout", "1000"),
        ("statement_timeout", "5000"),
        // A register of who waits now is worth nothing after a crash.
        ("synchronous_commit", "off"),
        .. Common,
    ];

    /// <summary>A session that waits for the end of another one, which holds back vacuum: never for longer than this.</summary>
    public static (string Name, string Value)[] OfWatch(TimeSpan longest) =>
    [
        ("application_name", $"{LockSession.Name} watch"),
        ("idle_session_timeout", "0"),
        ("lock_timeout", LockSession.Milliseconds(longest)),
        ("statement_timeout", "0"),
        .. Common,
    ];

    private static (string Name, string Value)[] Common =>
    [
        ("transaction_timeout", "0"),
        ("client_connection_check_interval", "1000"),
        ("plan_cache_mode", "force_generic_plan"),
        ("jit", "off"),
    ];

    public static async Task ApplyAsync(
        NpgsqlConnection connection, (string Name, string Value)[] values, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(SessionSettings.Set(values));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What a longer lease needs.</summary>
    public static Task BearSilenceAsync(NpgsqlConnection connection, TimeSpan lease, CancellationToken cancellationToken) =>
        ApplyAsync(connection, SessionSettings.SilenceOf(lease), cancellationToken);

    public static async Task RefuseUnfitAsync(NpgsqlConnection connection, PostgresErrors errors, CancellationToken cancellationToken)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
            throw errors.Unfit($"it is version {connection.PostgreSqlVersion}; version {OldestServer} or newer is needed");
        await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
        if ((bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            throw errors.Unfit("it is a standby, which hands out locks that the primary knows nothing of; connect to the primary");
    }
}
