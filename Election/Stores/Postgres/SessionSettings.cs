using System.Globalization;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>What a session sets for itself, whatever the server, the user's role or string say.</summary>
internal static class SessionSettings
{
    /// <summary>Everything, when the session begins.</summary>
    public static NpgsqlBatchCommand Of(Candidacy candidacy, string idle, string longestWait) => Set(
    [
        ("application_name", $"{LockSession.Name} {candidacy.Priority.ToString(CultureInfo.InvariantCulture)} {candidacy.Id.NodeId}"),
        ("idle_session_timeout", idle),
        ("lock_timeout", longestWait),
        ("statement_timeout", "0"),
        ("transaction_timeout", "0"),
        // A dead waiter is taken out of the line, rather than being granted the lock one day (Linux servers only).
        ("client_connection_check_interval", "1000"),
        // Planned once, while warming up: a killed leader's successor does not plan.
        ("plan_cache_mode", "force_generic_plan"),
        ("jit", "off"),
        .. SilenceOf(candidacy.LeaseDuration),
    ]);

    /// <summary>What a longer lease needs.</summary>
    public static NpgsqlBatchCommand BearingSilence(TimeSpan lease) => Set(SilenceOf(lease));

    /// <summary>The system must not end the session sooner than the lease does: its leader still trusts in it.</summary>
    public static (string Name, string Value)[] SilenceOf(TimeSpan lease)
    {
        var seconds = ConnectionSettings.WholeSeconds(lease).ToString(CultureInfo.InvariantCulture);
        return
        [
            ("tcp_keepalives_idle", seconds),
            ("tcp_keepalives_interval", seconds),
            ("tcp_user_timeout", LockSession.Milliseconds(lease + TimeSpan.FromSeconds(1))),
        ];
    }

    public static NpgsqlBatchCommand Set((string Name, string Value)[] values)
    {
        var command = new NpgsqlBatchCommand("""
            SELECT set_config(s.name, v.value, false)
            FROM unnest($1::text[], $2::text[]) AS v (name, value) JOIN pg_settings s ON s.name = v.name
            WHERE v.name <> 'client_connection_check_interval' OR version() ~* 'linux'
            """);
        command.Parameters.With(values.Select(v => v.Name).ToArray()).With(values.Select(v => v.Value).ToArray());
        return command;
    }
}
