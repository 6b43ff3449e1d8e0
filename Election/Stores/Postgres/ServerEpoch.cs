namespace AspireElection.Stores.Postgres;

/// <summary>
/// What tells that the locks of a server are not those of the term in a row: it restarted, crashed or was promoted since.
/// </summary>
/// <remarks>
/// The mark lies in an unlogged table, which the server empties after a crash, on a promoted standby and in a restored
/// base backup, and keeps over an orderly restart. So where the mark is another one, the last commits may be lost, too; where
/// it is the same, none is, unless somebody brought old files or a dump back. A clock that was set back makes no age below 0.
/// </remarks>
internal static class ServerEpoch
{
    /// <summary>A row of <c>epoch</c>, <c>mark</c> (its third part) and <c>age_ms</c>: for how long that has been so, at least.</summary>
    public const string Now = """
        SELECT mark, concat_ws('/', extract(epoch FROM pg_postmaster_start_time()),
            left(pg_walfile_name(pg_current_wal_lsn()), 8), mark) AS epoch,
            greatest(0, 1000 * extract(epoch FROM now - greatest(pg_postmaster_start_time(), coalesce(made, now)))::float8) AS age_ms
        FROM (SELECT coalesce((SELECT mark FROM election_marker), gen_random_uuid())::text AS mark,
            (SELECT made FROM election_marker) AS made, clock_timestamp() AS now) AS known
        """;
}
