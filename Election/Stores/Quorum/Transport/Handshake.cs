using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>Why a line was refused.</summary>
internal enum LineRefusal : byte
{
    None,

    /// <summary>Another key, or none: a stranger.</summary>
    Key,

    /// <summary>The right key, and another list of peers or initial leaders.</summary>
    List,

    /// <summary>Somebody else was meant: an address leads to the wrong peer.</summary>
    Receiver,
}

/// <summary>
/// How two peers prove to each other that both have the cluster's key: each signs the other's nonce together with who
/// speaks to whom and which peers there are. What is said then is signed with a key of this line alone, so that nothing
/// of another line, another direction or another time can be played back.
/// </summary>
/// <remarks>
/// Accepting side: version, nonce. Dialling side: its claim and signature. Accepting side: verdict and signature.
/// </remarks>
internal static class Handshake
{
    public const byte Version = 1;
    public const int NonceSize = 32;

    /// <summary>The largest message of a handshake.</summary>
    public const int Largest = 1024;

    public static byte[] NewNonce() => RandomNumberGenerator.GetBytes(NonceSize);

    public static byte[] Greeting(byte[] nonce) => [Version, .. nonce];

    /// <summary>The nonce of a greeting; null for what is none.</summary>
    public static byte[]? ReadGreeting(byte[] greeting) =>
        greeting.Length == NonceSize + 1 && greeting[0] == Version ? greeting[1..] : null;

    public static byte[] Write(Claim claim, byte[] greeted, ClusterKey key)
    {
        var text = claim.ToBytes();
        return [.. text, .. key.Sign(Bound("claim", text, greeted))];
    }

    /// <summary>The claim and whether it is true.</summary>
    public static (Claim? Claim, LineRefusal Refusal) Judge(byte[] message, byte[] greeted, ClusterKey key, PeerList peers)
    {
        if (message.Length <= ClusterKey.Size)
            return (null, LineRefusal.Key);
        var text = message[..^ClusterKey.Size];
        if (!key.IsSigned(Bound("claim", text, greeted), message.AsSpan(^ClusterKey.Size..)) || Claim.Parse(text) is not { } claim)
            return (null, LineRefusal.Key);
        return (claim, claim.To != peers.Self || claim.From == peers.Self ? LineRefusal.Receiver
            : !(claim.IsClient || peers.Others.ContainsKey(claim.From)) || !claim.Fingerprint.AsSpan().SequenceEqual(peers.Fingerprint) ? LineRefusal.List
            : LineRefusal.None);
    }

    /// <summary>A refused stranger is told nothing that the cluster's key would sign.</summary>
    public static byte[] Verdict(LineRefusal refusal, Claim? claim, byte[] greeted, ClusterKey key) => claim is null
        ? [(byte)LineRefusal.Key]
        : [(byte)refusal, .. key.Sign(Bound($"verdict {(int)refusal}", claim.ToBytes(), greeted))];

    /// <summary>What the accepting side said; <see cref="LineRefusal.Key"/> where it could not sign it.</summary>
    public static LineRefusal ReadVerdict(byte[] verdict, Claim claim, byte[] greeted, ClusterKey key)
    {
        if (verdict.Length != 1 + ClusterKey.Size || verdict[0] > (byte)LineRefusal.Receiver)
            return LineRefusal.Key;
        var refusal = (LineRefusal)verdict[0];
        return key.IsSigned(Bound($"verdict {(int)refusal}", claim.ToBytes(), greeted), verdict.AsSpan(1)) ? refusal : LineRefusal.Key;
    }

    /// <summary>The keys of this one line: of what the dialling side says, and of what it is answered.</summary>
    public static (byte[] Forth, byte[] Back) LineKeys(Claim claim, byte[] greeted, ClusterKey key) =>
        (key.Sign(Bound("forth", claim.ToBytes(), greeted)), key.Sign(Bound("back", claim.ToBytes(), greeted)));

    private static byte[] Bound(string what, byte[] text, byte[] greeted) =>
        [.. Encoding.ASCII.GetBytes($"aspire-election quorum {Version} {what}\n"), .. greeted, .. text];
}

/// <summary>Who speaks to whom over a line, and which peers it takes for the cluster.</summary>
internal sealed record Claim(string From, string To, byte[] Fingerprint, byte[] Nonce)
{
    /// <summary>In the place of a peer's id: somebody with the key who only asks.</summary>
    public const string Client = "?";

    public bool IsClient => From == Client;

    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer))
        {
            writer.Write(From);
            writer.Write(To);
            writer.Write(Fingerprint);
            writer.Write(Nonce);
        }

        return buffer.ToArray();
    }

    /// <summary>Null for what is none.</summary>
    public static Claim? Parse(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes));
            var claim = new Claim(
                reader.ReadString(), reader.ReadString(), reader.ReadBytes(SHA256.HashSizeInBytes), reader.ReadBytes(Handshake.NonceSize));
            return reader.BaseStream.Position == bytes.Length && claim.Nonce.Length == Handshake.NonceSize ? claim : null;
        }
        catch (Exception damaged) when (damaged is EndOfStreamException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
