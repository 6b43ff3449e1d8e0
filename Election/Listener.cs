using System.Runtime.CompilerServices;

namespace AspireElection;

/// <summary>
/// One who listens to what the leader of its process announces. Who reads too slowly loses the oldest, which
/// <see cref="Lost"/> counts. Disposing it leaves, at any time. To be read by one reader at a time.
/// </summary>
public sealed class Listener : IDisposable
{
    private readonly Subscription<Announcement> _announcements;
    private Announcement.Heartbeat? _acknowledged;
    private long _term;

    internal Listener(Subscription<Announcement> announcements) => _announcements = announcements;

    /// <summary>How many announcements this listener has lost so far, because it was slow.</summary>
    public long Lost => _announcements.Lost;

    /// <summary>The announcements in order, until this listener is disposed; never one of an older term after a newer one.</summary>
    /// <param name="cancellationToken">Ends the reading with an <see cref="OperationCanceledException"/>; the listener stays.</param>
    public async IAsyncEnumerable<Announcement> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var announcement in _announcements.ReadAsync(cancellationToken))
        {
            var term = announcement.Leader.Term;
            if (term < _term || (term == _term && announcement is Announcement.Leads))
                continue;
            _term = term;
            yield return announcement;
        }
    }

    /// <summary>Tells the leader that its heartbeat was heard; twice counts once, and one before the last that was acknowledged not at all.</summary>
    public void Acknowledge(Announcement.Heartbeat heartbeat)
    {
        ArgumentNullException.ThrowIfNull(heartbeat);
        for (var last = Volatile.Read(ref _acknowledged); last is null || IsNewer(heartbeat, last);)
        {
            var found = Interlocked.CompareExchange(ref _acknowledged, heartbeat, last);
            if (found == last)
            {
                heartbeat.Acknowledge();
                return;
            }

            last = found;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _announcements.Dispose();

    private static bool IsNewer(Announcement.Heartbeat one, Announcement.Heartbeat other) =>
        (one.Leader.Term, one.Number).CompareTo((other.Leader.Term, other.Number)) > 0;
}
