using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Quorum;

/// <summary>The peers as this one knows them: a fixed list, of which it is one itself.</summary>
internal sealed class PeerList
{
    public PeerList(string self, IReadOnlyDictionary<string, Uri> peers, IReadOnlyCollection<string> initial)
    {
        Self = self;
        Others = peers.Where(p => p.Key != self).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        All = [.. peers.Keys.Order(StringComparer.Ordinal)];
        Initial = initial.Count == 0 ? All : [.. initial.Order(StringComparer.Ordinal)];
        Fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes($"{string.Join(',', All)};{string.Join(',', Initial)}"));
    }

    public string Self { get; }

    public IReadOnlyDictionary<string, Uri> Others { get; }

    /// <summary>All ids, this one's among them, in ordinal order.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Who may stand and vote from the start.</summary>
    public IReadOnlyList<string> Initial { get; }

    /// <summary>
    /// Of ids and initial leaders. Peers of different lists count different majorities, two of which need not have a
    /// peer in common; addresses may differ, because a peer may be reached in several ways.
    /// </summary>
    public byte[] Fingerprint { get; }
}
