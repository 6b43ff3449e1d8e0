using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>The secret of a cluster: what it signs, nobody without it could have said. It is never shown.</summary>
internal sealed class ClusterKey(string secret)
{
    public const int Size = HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public byte[] Sign(ReadOnlySpan<byte> text) => HMACSHA256.HashData(_key, text);

    public bool IsSigned(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(Sign(text), signature);
}
