using System.Buffers.Binary;
using System.Security.Cryptography;
using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// The lock by which others see that a session lives, and can wait for its end: one of its own, so that one wait
/// stands for all the seats that the session holds.
/// </summary>
/// <remarks>
/// An advisory lock of the two-key kind (<c>objsubid = 2</c> in <c>pg_locks</c>), which never meets a seat's: the first
/// key is the same for all, the second is drawn anew for each session, because process ids come again.
/// </remarks>
/// <param name="Backend">The server process of the session.</param>
/// <param name="Key">The second key.</param>
internal readonly record struct SessionPresence(int Backend, int Key)
{
    private const int Draws = 16;

    // Drawn by the server; MATERIALIZED, or it would be drawn once for the lock and once more for the answer.
    private const string Take = """
        WITH drawn AS MATERIALIZED (SELECT floor(random() * 2147483647)::int AS key)
        SELECT key, pg_try_advisory_lock($1, key), pg_backend_pid() FROM drawn
        """;

    /// <summary>The first key.</summary>
    public static int Class { get; } =
        BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData("AspireElection presence"u8)) & int.MaxValue;

    /// <summary>Makes a session seen.</summary>
    public static async Task<SessionPresence> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand(Take, connection);
        take.Parameters.With(Class);
        for (var draw = 1; draw <= Draws; draw++)
        {
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetBoolean(1))
                return new SessionPresence(reader.GetInt32(2), reader.GetInt32(0));
        }

        throw new TimeoutException("no key for the session's presence was free");
    }
}
