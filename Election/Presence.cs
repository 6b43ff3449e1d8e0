using AspireElection.Timing;

namespace AspireElection;

/// <summary>
/// Says that this node is here, and keeps the list of those that are. Who is alive is judged on this node's own
/// clock, by heartbeats that it saw move: the store's times are for people.
/// </summary>
internal sealed class Presence(
    IMembership store,
    LeadershipTimes times,
    TimeProvider clock,
    StoreHealth health,
    Random random,
    Func<Member> self,
    Action changed)
{
    // A courtesy to readers of the list: a store that is away must not hold up the end of the process for it.
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(1);

    private readonly Wake _wake = new(clock, times.Slice);
    private readonly Dictionary<CandidateId, Heard> _heard = [];
    private volatile IReadOnlyList<Member> _members = [];
    private volatile IReadOnlyList<Member> _alive = [];
    private volatile IReadOnlyList<Member> _recent = [];
    private Member? _said;
    private volatile bool _sayNow;
    private long _compareAt = long.MaxValue;
    private long _removeAt = clock.After(times.NodeTimeout);
    private long _turnedAt = clock.GetTimestamp();
    private long _roundTripTicks = -1;

    public IReadOnlyList<Member> Members => _members;

    /// <summary>Members whose heartbeat moved within the last two periods, this node among them.</summary>
    public IReadOnlyList<Member> Alive => _alive;

    /// <summary>Like <see cref="Alive"/>, and those that were seen for the first time lately.</summary>
    public IReadOnlyList<Member> Recent => _recent;

    /// <summary>How long the last heartbeat that was answered took; null before the first.</summary>
    public TimeSpan? RoundTrip => Volatile.Read(ref _roundTripTicks) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>When the loop last turned, as a timestamp.</summary>
    public long TurnedAt => Volatile.Read(ref _turnedAt);

    private TimeSpan Period => times.NodeTimeout / 3 < times.Lease ? times.NodeTimeout / 3 : times.Lease;

    /// <summary>Sends a heartbeat at once: this node has changed its role.</summary>
    public void Refresh()
    {
        _sayNow = true;
        _wake.Set();
    }

    /// <summary>
    /// Others have changed what this node is: it says so within a retry period, unless it is again what it last said.
    /// Spread, because the same news reach all followers at one instant; and not in the first half, because in a hand-over
    /// nobody leads for a moment, and a thousand followers would each have to take back that they were candidates.
    /// </summary>
    public void RefreshSoon()
    {
        Interlocked.Exchange(ref _compareAt, clock.After(times.RetryPeriod * (1 + random.NextDouble()) / 2));
        _wake.Set();
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        await using var wakeUp = stopping.Register(_wake.Set);
        var first = true;
        while (!stopping.IsCancellationRequested)
        {
            // Many nodes that were started together would all beat at one instant, and a renewal would wait behind them.
            var next = clock.After(first ? Period * random.NextDouble() : Period);
            Volatile.Write(ref _turnedAt, clock.GetTimestamp());
            try
            {
                _sayNow = false;
                var said = self();
                var sent = clock.GetTimestamp();
                var members = await store.HeartbeatAsync(said, stopping).AsTask().WaitAsync(Bound, clock, stopping);
                Volatile.Write(ref _roundTripTicks, clock.GetElapsedTime(sent).Ticks);
                health.Reached();
                _said = said;
                Hear(members);
                changed();
                first = false;
                await RemoveStaleAsync(said, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                health.Failed(exception);
                next = clock.After(times.RetryPeriod);
            }

            await UntilDueAsync(next, stopping);
        }
    }

    public async Task LeaveAsync()
    {
        try
        {
            var me = self();
            using var limit = new CancellationTokenSource(LeaveLimit, clock);
            await store.LeaveAsync(me.Election, me.Id, limit.Token).AsTask().WaitAsync(LeaveLimit, clock);
        }
        catch (Exception exception)
        {
            // The list forgets a silent member by itself after the node timeout.
            health.Failed(exception);
        }
    }

    /// <summary>Waits until the next heartbeat is due, or has to be sent sooner for what it says.</summary>
    private async Task UntilDueAsync(long next, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !_sayNow && clock.Until(next) > TimeSpan.Zero)
        {
            var compareAt = Interlocked.Read(ref _compareAt);
            if (clock.GetTimestamp() >= compareAt)
            {
                Interlocked.CompareExchange(ref _compareAt, long.MaxValue, compareAt);
                if (SaysAnother())
                    return;
                continue;
            }

            await _wake.WaitUntilAsync(Math.Min(next, compareAt));
        }
    }

    private bool SaysAnother()
    {
        try
        {
            // The term alone can wait for the next heartbeat: it would be news of every follower after each hand-over.
            return _said is not { } said || self() with { Term = said.Term } != said;
        }
        catch (Exception)
        {
            // The address of the user's threw. The heartbeat that follows throws as well, and is told and tried again; this
            // loop must not end with it.
            return true;
        }
    }

    /// <summary>Who was killed could not leave. One node is enough to notice: the leader, each node timeout.</summary>
    private async Task RemoveStaleAsync(Member said, CancellationToken stopping)
    {
        if (said.Role != Role.Leader || clock.Until(_removeAt) > TimeSpan.Zero)
            return;
        _removeAt = clock.After(times.NodeTimeout);
        await store.RemoveStaleAsync(said.Election, times.NodeTimeout, stopping).AsTask().WaitAsync(Bound, clock, stopping);
    }

    private TimeSpan Bound => times.Lease < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : times.Lease;

    private void Hear(IReadOnlyList<Member> members)
    {
        var now = clock.GetTimestamp();
        foreach (var gone in _heard.Keys.Except(members.Select(m => m.Id)).ToList())
            _heard.Remove(gone);
        foreach (var member in members)
        {
            if (!_heard.TryGetValue(member.Id, out var before))
                _heard[member.Id] = new Heard(member.LastHeartbeat, now, Moved: false);
            else if (before.Beat != member.LastHeartbeat)
                _heard[member.Id] = new Heard(member.LastHeartbeat, now, Moved: true);
        }

        var recent = now - (Period * 2).ToTicksOf(clock);
        _recent = members.Where(m => _heard[m.Id].At >= recent).ToList();
        _alive = _recent.Where(m => _heard[m.Id].Moved).ToList();
        _members = members;
    }

    private sealed record Heard(DateTimeOffset Beat, long At, bool Moved);
}
