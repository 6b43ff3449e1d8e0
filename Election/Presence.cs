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
    INode node)
{
    // A courtesy to readers of the list: a store that is away must not hold up the end of the process for it.
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(1);

    /// <summary>Up to how many are looked for one by one.</summary>
    private const int Few = 8;

    private readonly Wake _wake = new(clock, times.Slice);
    private Heard[] _heard = [];
    private volatile IReadOnlyList<Member> _members = [];
    private volatile IReadOnlyList<Member> _alive = [];
    private volatile IReadOnlyList<Member> _recent = [];
    private (Role Role, int Priority, string? Address)? _said;
    private CancellationTokenSource? _beating;
    private volatile bool _sayNow;
    private volatile bool _stops;
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

    public async Task RunAsync(ElectionThreads threads)
    {
        await threads.OffTheCallerAsync();
        while (!_stops)
        {
            var next = await BeatAsync();
            while (!IsDue(next))
                await _wake.WaitUntilAsync(Math.Min(next, Interlocked.Read(ref _compareAt)));
        }
    }

    /// <summary>Ends what is under way; nothing is sent after it but the farewell.</summary>
    public void Stop()
    {
        _stops = true;
        Interlocked.MemoryBarrier();
        try
        {
            _beating?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was answered in this very moment.
        }

        _wake.Set();
    }

    public async Task LeaveAsync()
    {
        try
        {
            var me = node.Self();
            using var limit = new CancellationTokenSource(LeaveLimit, clock);
            await store.LeaveAsync(me.Election, me.Id, limit.Token).AsTask().WaitAsync(LeaveLimit, clock);
        }
        catch (Exception exception)
        {
            // The list forgets a silent member by itself after the node timeout.
            health.Failed(exception);
        }
    }

    /// <summary>Says that the node is here, and answers when to say so next.</summary>
    private async Task<long> BeatAsync()
    {
        // Many nodes that were started together would all beat at one instant, and a renewal would wait behind them.
        var next = clock.After(_said is null ? Period * random.NextDouble() : Period);
        Volatile.Write(ref _turnedAt, clock.GetTimestamp());
        using var beating = new CancellationTokenSource();
        Interlocked.Exchange(ref _beating, beating);
        try
        {
            // After it can be found by who stops the node.
            if (_stops)
                return next;
            _sayNow = false;
            var said = node.Self();
            var sent = clock.GetTimestamp();
            var members = await store.HeartbeatAsync(said, beating.Token).AsTask().WaitAsync(Bound, clock, beating.Token);
            Volatile.Write(ref _roundTripTicks, clock.GetElapsedTime(sent).Ticks);
            health.Reached();
            _said = WhatSays(said);
            Hear(members);
            node.MembersHeard();
            await RemoveStaleAsync(said, beating.Token);
            return next;
        }
        catch (OperationCanceledException) when (_stops)
        {
            return next;
        }
        catch (Exception exception)
        {
            health.Failed(exception);
            return clock.After(times.RetryPeriod);
        }
        finally
        {
            _beating = null;
        }
    }

    /// <summary>Whether the next heartbeat is due, or has to be sent sooner for what it says.</summary>
    private bool IsDue(long next)
    {
        if (_stops || _sayNow || clock.GetTimestamp() >= next)
            return true;
        var compareAt = Interlocked.Read(ref _compareAt);
        if (clock.GetTimestamp() < compareAt)
            return false;
        Interlocked.CompareExchange(ref _compareAt, long.MaxValue, compareAt);
        return SaysAnother();
    }

    private bool SaysAnother()
    {
        try
        {
            return WhatSays(node.Self()) != _said;
        }
        catch (Exception)
        {
            // The address of the user's threw. The heartbeat that follows throws as well, and is told and tried again; this
            // loop must not end with it.
            return true;
        }
    }

    /// <summary>
    /// What is news of a member. The term alone can wait for the next heartbeat: it would be news of every follower after
    /// each hand-over.
    /// </summary>
    private static (Role Role, int Priority, string? Address) WhatSays(Member self) =>
        (self.Role, self.Priority, self.Address);

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
        var before = BeforeThis();
        var heard = new Heard[members.Count];
        for (var i = 0; i < heard.Length; i++)
        {
            var (id, beat) = (members[i].Id, members[i].LastHeartbeat);
            heard[i] = before(id) is not { } last ? new Heard(id, beat, now, Moved: false)
                : last.Beat == beat ? last
                : new Heard(id, beat, now, Moved: true);
        }

        _heard = heard;
        var recent = now - (Period * 2).ToTicksOf(clock);
        _recent = Those(members, h => h.At >= recent);
        _alive = Those(members, h => h.At >= recent && h.Moved);
        _members = members;
    }

    private Func<CandidateId, Heard?> BeforeThis()
    {
        var before = _heard;
        if (before.Length <= Few)
            return id => Array.FindIndex(before, h => h.Id == id) is >= 0 and var at ? before[at] : null;
        var found = before.DistinctBy(h => h.Id).ToDictionary(h => h.Id);
        return id => found.TryGetValue(id, out var last) ? last : null;
    }

    /// <summary>In most elections all members are alive: they share one list.</summary>
    private IReadOnlyList<Member> Those(IReadOnlyList<Member> members, Func<Heard, bool> which) =>
        _heard.All(which) ? members : [.. members.Where((_, at) => which(_heard[at]))];

    private readonly record struct Heard(CandidateId Id, DateTimeOffset Beat, long At, bool Moved);
}
