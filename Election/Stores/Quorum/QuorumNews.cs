using System.Collections.Concurrent;
using AspireElection.Stores.Quorum.Transport;
using Microsoft.Extensions.Logging;

namespace AspireElection.Stores.Quorum;

/// <summary>What a peer tells people: changes once, what repeats itself once a minute.</summary>
internal sealed class QuorumNews(ILogger logger, TimeProvider clock, Action<string, int, int>? majority)
{
    private const int MostRemembered = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _saidAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _missing = new(StringComparer.Ordinal);
    private long _refused;

    /// <summary>How many lines were refused so far.</summary>
    public long Refusals => Interlocked.Read(ref _refused);

    public void Majority(string election, int reachable, int eligible)
    {
        if (reachable > eligible / 2)
        {
            if (!_missing.TryRemove(election, out _))
                return;
            QuorumLog.MajorityIsBack(logger, election);
            majority?.Invoke(election, reachable, eligible);
            return;
        }

        if (_missing.TryGetValue(election, out var before) && before == reachable)
            return;
        _missing[election] = reachable;
        QuorumLog.NoMajority(logger, election, reachable, eligible);
        majority?.Invoke(election, reachable, eligible);
    }

    public void CutOff(string election, string path, long bytes) => QuorumLog.CutOff(logger, election, path, bytes);

    public void Failed(string election, string trouble)
    {
        if (IsTime($"failed {election}"))
            QuorumLog.Failed(logger, election, trouble);
    }

    public void LineFailed(string peer, Exception failure)
    {
        if (IsTime($"line {peer}"))
            QuorumLog.LineFailed(logger, peer, failure.GetType().Name, failure.Message.ReplaceLineEndings(" "));
    }

    public void Temporary(string folder) => QuorumLog.Temporary(logger, folder);

    /// <param name="peer">Whose address it was, or who said to be it; empty for a stranger.</param>
    /// <param name="why">What was wrong.</param>
    /// <param name="incoming">Whether this peer refused, rather than was refused.</param>
    public void Refused(string peer, LineRefusal why, bool incoming)
    {
        if (incoming)
        {
            var count = Interlocked.Increment(ref _refused);
            if (IsTime($"refused {peer} {why}"))
                QuorumLog.Refused(logger, peer.Length > 0 ? $"peer {peer}" : "a stranger", Text(why), count);
        }
        else if (IsTime($"refused by {peer} {why}"))
        {
            QuorumLog.RefusedBy(logger, peer, Text(why));
        }
    }

    private static string Text(LineRefusal why) => why switch
    {
        LineRefusal.Key => "it has another cluster key; give all peers the same ELECTION_CLUSTER_KEY",
        LineRefusal.List => "it has another list of peers or of initial leaders; give all peers the same ids",
        _ => "its list has another peer at this address, or this peer's own; correct the addresses",
    };

    private bool IsTime(string what)
    {
        var now = clock.GetTimestamp();
        if (_saidAt.TryGetValue(what, out var at) && clock.GetElapsedTime(at) < Pause)
            return false;
        if (_saidAt.Count >= MostRemembered)
            _saidAt.Clear();
        _saidAt[what] = now;
        return true;
    }
}
