using System.Collections.Concurrent;
using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>
/// The moment after a release, which is the successor's. Whatever is stored in it keeps etcd's log busy, and the successor's look, which
/// needs the majority, waits behind it: it took up to a millisecond longer for a heartbeat that said that there had been a hand-over.
/// </summary>
internal sealed class SuccessorsTurn(TimeProvider clock)
{
    /// <summary>Several times what a look takes on a busy machine; nobody who reads the list of members notices.</summary>
    private static readonly TimeSpan s_length = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, long> _ends = new();

    public void Begin(string election) => _ends[election] = clock.After(s_length);

    /// <summary>Returns when who gave this election's seat back may write again.</summary>
    public async ValueTask EndAsync(string election, CancellationToken cancellationToken)
    {
        while (_ends.TryGetValue(election, out var end))
        {
            if (clock.Until(end) is { Ticks: > 0 } left)
                await Task.Delay(left.ForTimer(), clock, cancellationToken);
            else
                _ends.TryRemove(new(election, end));
        }
    }
}
