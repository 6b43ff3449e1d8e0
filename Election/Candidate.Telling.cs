using System.Runtime.CompilerServices;

namespace AspireElection;

/// <content>Whom it tells of changes: each way of telling exists once somebody listens.</content>
public sealed partial class Candidate
{
    private const int ChangesKept = 256;

    private CallbackLoop? _callbacks;
    private FanOut<ElectionChange>? _changes;
    private Announcements? _announcements;

    /// <summary>What leaders of this process announce: those that share it by <see cref="ElectionOptions.Announcements"/>.</summary>
    public Announcements Announcements
    {
        get
        {
            if (Volatile.Read(ref _announcements) is { } known)
                return known;
            var own = new Announcements(Election);
            if (Interlocked.CompareExchange(ref _announcements, own, null) is { } other)
                return other;
            // It may lead already: nobody could listen before.
            if (Leadership is { } held)
            {
                own.Lead(OwnAsLeader(held));
                if (!held.IsTrusted)
                    own.End(held.Token);
            }

            return own;
        }
    }

    /// <summary>
    /// Joins those who are told of changes, before it returns: every change from now on, in order, until the candidate
    /// is stopped or the subscription disposed. Its <see cref="Subscription{T}.Lost"/> counts what it was too slow for.
    /// </summary>
    public Subscription<ElectionChange> Subscribe() => Changes.Subscribe();

    /// <summary>
    /// Every change from now on, in order, until the candidate is stopped. A reader that falls more than 256 changes
    /// behind loses the oldest, which is counted.
    /// </summary>
    public async IAsyncEnumerable<ElectionChange> ObserveAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var changes = Changes.Subscribe();
        await foreach (var change in changes.ReadAsync(cancellationToken))
            yield return change;
    }

    private FanOut<ElectionChange> Changes
    {
        get
        {
            if (Volatile.Read(ref _changes) is { } known)
                return known;
            var own = new FanOut<ElectionChange>(ChangesKept, _with.Telemetry.ChangeDropped);
            return Interlocked.CompareExchange(ref _changes, own, null) ?? own;
        }
    }

    private void Tell(ElectionChange change) => Volatile.Read(ref _changes)?.Publish(change);

    private void StartCallbacks(ElectionCallbacks calls) => _callbacks = CallbackLoop.Start(
        Changes.Subscribe(), calls, Id, () => !_watchesOnly && !_standsDown, _with.Threads, Clock, Election, Logger);
}
