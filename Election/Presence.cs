using AspireElection.Timing;

namespace AspireElection;

/// <summary>
/// Says that this node is here, and keeps the list of those that are. Who is alive is judged on this node's own
/// clock, by heartbeats that it saw move: the store's times are for people.
/// </summary>
internal sealed class Presence(Equipment with) : Turns(with.Clock, with.Times.Slice)
{
    // A courtesy to readers of the list: a store that is away must not hold up the end of the process for it.
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(1);

    /// <summary>By how much the times of stores are rounded, and more.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(5);

    /// <summary>Up to how many are looked for one by one.</summary>
    private const int Few = 8;

    // Of each of those that are members now, in their order.
    private Heard[] _heard = [];
    private volatile IReadOnlyList<Member> _members = [];
    private volatile IReadOnlyList<Member> _alive = [];
    private volatile IReadOnlyList<Member> _recent = [];
    private (Role Role, int Priority, string? Address)? _said;
    private Completion _over;
    private long _next = long.MinValue;
    private CancellationTokenSource? _beating;
    private volatile bool _sayNow;
    private volatile bool _stops;
    private long _compareAt = long.MaxValue;
    private long _removeAt = long.MaxValue;
    private long _removedAt = with.Clock.GetTimestamp();
    private bool _wasTooSoon;
    private long _turnedAt = with.Clock.GetTimestamp();
    private long _roundTripTicks = -1;

    public IReadOnlyList<Member> Members => _members;

    /// <summary>Members whose heartbeat moved within the last two periods, this node among them.</summary>
    public IReadOnlyList<Member> Alive => _alive;

    /// <summary>Like <see cref="Alive"/>, and those that were seen for the first time lately.</summary>
    public IReadOnlyList<Member> Recent => _recent;

    /// <summary>How long the last heartbeat that the server answered took; null before the first.</summary>
    public TimeSpan? RoundTrip => Volatile.Read(ref _roundTripTicks) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>When the loop last turned, as a timestamp.</summary>
    public long TurnedAt => Volatile.Read(ref _turnedAt);

    private LeadershipTimes Times => with.Times;

    private TimeProvider Clock => with.Clock;

    private TimeSpan Period => Times.NodeTimeout / 3 < Times.Lease ? Times.NodeTimeout / 3 : Times.Lease;

    /// <summary>Sends a heartbeat at once: this node has changed its role.</summary>
    public void Refresh()
    {
        _sayNow = true;
        Set();
    }

    /// <summary>
    /// Others have changed what this node is: it says so within a retry period, unless it is again what it last said.
    /// Spread, because the same news reach all followers at one instant; and not in the first half, because in a hand-over
    /// nobody leads for a moment, and a thousand followers would each have to take back that they were candidates.
    /// </summary>
    public void RefreshSoon()
    {
        Interlocked.Exchange(ref _compareAt, Clock.After(Times.RetryPeriod * (1 + with.Random.NextDouble()) / 2));
        Set();
    }

    /// <summary>Ends when it was told to stop and has.</summary>
    public Task Over => _over.Task;

    public async Task BeginAsync()
    {
        await with.Threads.OffTheCallerAsync();
        BeginTurns();
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

        Set();
    }

    public async Task LeaveAsync()
    {
        try
        {
            var me = with.Node.Self();
            using var limit = new CancellationTokenSource(LeaveLimit, Clock);
            await with.Store.LeaveAsync(me.Election, me.Id, limit.Token).Within(LeaveLimit, Clock);
        }
        catch (Exception exception)
        {
            // The list forgets a silent member by itself after the node timeout.
            with.Health.Failed(exception);
        }
    }

    protected override async ValueTask<long?> TurnAsync(bool woken)
    {
        if (!_stops && IsDue(_next))
            _next = await BeatAsync();
        if (!_stops)
            return Math.Min(Math.Min(_next, Removes ? _removeAt : long.MaxValue), Interlocked.Read(ref _compareAt));
        _over.Set();
        return null;
    }

    /// <summary>Says that the node is here, and answers when to say so next.</summary>
    private async Task<long> BeatAsync()
    {
        // Many nodes that were started together would all beat at one instant, and a renewal would wait behind them.
        var next = Clock.After(_said is null ? Period * with.Random.NextDouble() : Period);
        Volatile.Write(ref _turnedAt, Clock.GetTimestamp());
        using var beating = new CancellationTokenSource();
        Interlocked.Exchange(ref _beating, beating);
        try
        {
            // After it can be found by who stops the with.Node.
            if (_stops)
                return next;
            _sayNow = false;
            var isDue = Clock.GetTimestamp() >= _removeAt;
            // Until the list is heard: a store that is away must not make this loop try without a pause.
            _removeAt = long.MaxValue;
            var said = with.Node.Self();
            var sent = Clock.GetTimestamp();
            var members = await with.Store.HeartbeatAsync(said, beating.Token).Within(Bound, Clock, beating.Token);
            if (members is not RecalledMembers)
            {
                Volatile.Write(ref _roundTripTicks, Clock.GetElapsedTime(sent).Ticks);
                with.Health.Reached();
            }

            _said = WhatSays(said);
            Hear(members);
            with.Node.MembersHeard();
            // Once a node timeout in any case, for what no list shows.
            var asks = Removes && (isDue || Clock.GetElapsedTime(_removedAt) >= Times.NodeTimeout);
            var removed = asks ? await RemoveStaleAsync(said.Election, isDue, beating.Token) : 0;
            // This node's own list shows it at once, those of others with their next heartbeats.
            if (removed > 0)
                return Clock.GetTimestamp();
            _removeAt = NextRemoval(said.Id);
            return next;
        }
        catch (OperationCanceledException) when (_stops)
        {
            return next;
        }
        catch (Exception exception)
        {
            with.Health.Failed(exception);
            return Clock.After(Times.RetryPeriod);
        }
        finally
        {
            _beating = null;
        }
    }

    /// <summary>Whether the next heartbeat is due, or has to be sent sooner for what it says.</summary>
    private bool IsDue(long next)
    {
        if (_stops || _sayNow || Clock.GetTimestamp() >= (Removes ? Math.Min(next, _removeAt) : next))
            return true;
        var compareAt = Interlocked.Read(ref _compareAt);
        if (Clock.GetTimestamp() < compareAt)
            return false;
        Interlocked.CompareExchange(ref _compareAt, long.MaxValue, compareAt);
        return SaysAnother();
    }

    private bool SaysAnother()
    {
        try
        {
            return WhatSays(with.Node.Self()) != _said;
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

    /// <summary>Who was killed could not leave. One node is enough to notice: the leader.</summary>
    private bool Removes => _said?.Role == Role.Leader;

    private async Task<int> RemoveStaleAsync(string election, bool isDue, CancellationToken stopping)
    {
        // From the beginning of this heartbeat: the next one comes a period after that, and is to do both.
        (_removedAt, _wasTooSoon) = (_turnedAt, isDue);
        var removed = await with.Store.RemoveStaleAsync(election, Times.NodeTimeout, stopping).Within(Bound, Clock, stopping);
        _wasTooSoon &= removed == 0;
        return removed;
    }

    /// <summary>
    /// When the first of the others will have been silent for the node timeout: by the times of the store, or by this node's own
    /// clock where that is sooner, because those may be of as many clocks as there are members. The store itself decides who is
    /// removed; where it found nobody yet, it is asked again a period later.
    /// </summary>
    private long NextRemoval(CandidateId self)
    {
        var (now, at) = (Clock.GetTimestamp(), long.MaxValue);
        var heardAt = _members.FirstOrDefault(m => m.Id == self)?.LastHeartbeat;
        for (var i = 0; i < _members.Count; i++)
        {
            if (_members[i].Id == self)
                continue;
            var known = now - _heard[i].At;
            var silence = heardAt is { } own ? Math.Max((own - _members[i].LastHeartbeat).ToTicksOf(Clock), known) : known;
            at = Math.Min(at, now + (Times.NodeTimeout + Rounding).ToTicksOf(Clock) - silence);
        }

        return _wasTooSoon ? Math.Max(at, _removedAt + (Period - Rounding).ToTicksOf(Clock)) : at;
    }

    private TimeSpan Bound => Times.Lease < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : Times.Lease;

    private void Hear(IReadOnlyList<Member> members)
    {
        var now = Clock.GetTimestamp();
        var (before, placeBefore) = (_members, PlacesBefore());
        var heard = new Heard[members.Count];
        for (var i = 0; i < heard.Length; i++)
        {
            heard[i] = placeBefore(members[i].Id) is not (>= 0 and var place) ? new Heard(now, Moved: false)
                : before[place].LastHeartbeat == members[i].LastHeartbeat ? _heard[place]
                : new Heard(now, Moved: true);
        }

        _heard = heard;
        var recent = now - (Period * 2).ToTicksOf(Clock);
        _recent = Those(members, h => h.At >= recent);
        _alive = Those(members, h => h.At >= recent && h.Moved);
        _members = members;
    }

    /// <summary>Where a member stood in the list before, -1 where it did not.</summary>
    private Func<CandidateId, int> PlacesBefore()
    {
        var before = _members;
        if (before.Count <= Few)
            return id => before.TakeWhile(m => m.Id != id).Count() is var place && place < before.Count ? place : -1;
        var places = before.Select((member, place) => (member.Id, place)).DistinctBy(m => m.Id).ToDictionary(m => m.Id, m => m.place);
        return id => places.GetValueOrDefault(id, -1);
    }

    /// <summary>In most elections all members are alive: they share one list.</summary>
    private IReadOnlyList<Member> Those(IReadOnlyList<Member> members, Func<Heard, bool> which) =>
        _heard.All(which) ? members : [.. members.Where((_, at) => which(_heard[at]))];

    /// <summary>When a member's heartbeat was last heard to move, and whether it ever was or is only known to be there.</summary>
    private readonly record struct Heard(long At, bool Moved);
}
