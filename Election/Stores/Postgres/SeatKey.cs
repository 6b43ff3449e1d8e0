using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// The advisory lock of an election: the 64-bit (one-key) kind, so that thousands of elections in one database do not
/// meet by chance as they would with 32 bits.
/// </summary>
/// <remarks>
/// The key is the first eight bytes, big-endian, of SHA-256 of <c>AspireElection:</c> and the election's name; in
/// <c>pg_locks</c> it is <c>classid</c> (high half), <c>objid</c> (low half) and <c>objsubid = 1</c>. Of 5,000 names two
/// have the same key with a chance below 10⁻¹²; they would take turns, and <see cref="ForeignHolder"/> says so.
/// </remarks>
internal static class SeatKey
{
    /// <summary>Guards the creation of the tables.</summary>
    public static long OfSchema { get; } = Hash("AspireElection schema");

    public static long Of(string election) => Hash("AspireElection:" + election);

    /// <summary>A lock that nobody else asks for.</summary>
    public static long OfRehearsal(string incarnation) => Hash("AspireElection rehearsal:" + incarnation);

    private static long Hash(string text) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
