using System.Globalization;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// One candidate's wait for the seat. It asks once, which puts it in line, and then waits to be told: that it is its
/// turn, or how long the seat stays taken. It asks again only when it was told so, when the end that it was last told
/// has come, or when its connection came back.
/// </summary>
internal sealed class Standing(
    RedisCalls calls, TimeProvider clock, KnownTerms known, ReplicaConfirmation? confirmation, Candidacy candidacy)
    : IConnectionListener
{
    private static readonly TimeSpan s_shortestSlot = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_longestSlot = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_giveUp = TimeSpan.FromSeconds(1);

    private readonly Alarm _alarm = new(clock, candidacy.LeaseDuration / 10);
    private readonly HeardSeat _heard = new(clock);
    private readonly string _me = candidacy.Id.ToString();
    private readonly TimeSpan _bound = RedisCalls.BoundOf(candidacy.LeaseDuration);
    private volatile bool _tryNow;
    private volatile bool _lineWasDown;
    private bool _granted;
    private volatile bool _refused;
    private volatile bool _mineIsRefused;
    private long _orphan;
    private int _rank;

    public async ValueTask<Grant> AcquireAsync(CancellationToken cancellationToken)
    {
        var prefix = calls.ChannelPrefix(candidacy.Election);
        var news = RedisKeys.News(prefix);
        var turn = RedisKeys.Turn(prefix, candidacy.Id);
        try
        {
            // First: a message to somebody in line who does not listen yet would count him among the dead.
            await calls.SubscribeAsync(news, HearNews, _bound, cancellationToken);
            await calls.SubscribeAsync(turn, HearTurn, _bound, cancellationToken);
            while (true)
            {
                if (_lineWasDown)
                    await ListenAnewAsync(turn, cancellationToken);
                if (await TryAsync(cancellationToken) is { } grant)
                {
                    _granted = true;
                    return grant;
                }

                await _alarm.WaitAsync(TryAt, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await WithdrawAsync();
            throw;
        }
        finally
        {
            _ = UnsubscribeAsync(news, turn);
        }
    }

    /// <summary>
    /// The client subscribes again by itself, once: where the server refused that, nobody in this process would hear of a
    /// turn any more, and each leader would go on making way for a better candidate that takes no seat. A failure here
    /// ends the wait, and the next campaign begins it anew.
    /// </summary>
    private async ValueTask ListenAnewAsync(RedisChannel turn, CancellationToken cancellationToken)
    {
        _lineWasDown = false;
        calls.Unsubscribe(turn, HearTurn);
        await calls.SubscribeAsync(turn, HearTurn, _bound, cancellationToken);
    }

    /// <summary>After the grant was told. Without one at once: the next campaign of this candidate subscribes to the same channels.</summary>
    private async Task UnsubscribeAsync(RedisChannel news, RedisChannel turn)
    {
        if (_granted)
            await Task.Yield();
        calls.Unsubscribe(news, HearNews);
        calls.Unsubscribe(turn, HearTurn);
    }

    /// <summary>The attempt at the end last told fails then, and says so; a line that comes back before costs nothing.</summary>
    public void ConnectionBroke()
    {
    }

    /// <summary>Messages may have been missed, and a release meanwhile took this candidate for dead.</summary>
    public void ConnectionCameBack()
    {
        _lineWasDown = true;
        _tryNow = true;
        _alarm.Ring();
    }

    private async ValueTask<Grant?> TryAsync(CancellationToken cancellationToken)
    {
        (_tryNow, _mineIsRefused) = (false, false);
        var orphan = _orphan;
        var history = confirmation is null ? null : await confirmation.HistoryAsync(_bound, cancellationToken);
        var sentAt = clock.GetTimestamp();
        known.Hear(candidacy.LastSeen);
        RedisValue[] values =
        [
            candidacy.Priority, Milliseconds(candidacy.LeaseDuration), candidacy.HighestToken, string.Join(',', known.For(_me).Tokens),
            orphan, candidacy.Address ?? string.Empty,
        ];
        var answer = (string[])(await calls.SeatAsync(
            RedisScript.Acquire, candidacy.Election, _me, values, _bound, GiveBack, cancellationToken))!;
        if (GrantedTerm(answer) is { } term)
        {
            if (history is not null)
                await ConfirmAsync(term, history, cancellationToken);
            return new Grant(term, sentAt);
        }

        _rank = int.Parse(answer[0], CultureInfo.InvariantCulture);
        var state = SeatState.Parse(answer[1..], _heard.Newest.State);
        _mineIsRefused = state.Holder == _me && (state.Kind == SeatKind.Reserved || state.Token == orphan);
        Hear(state, sentAt);
        _refused = state.Kind == SeatKind.Free;
        return null;
    }

    /// <summary>An unconfirmed term leads nobody; it is given back, so that it keeps nobody out for a lease.</summary>
    private async ValueTask ConfirmAsync(Term term, string history, CancellationToken cancellationToken)
    {
        var confirmed = false;
        try
        {
            await confirmation!.ConfirmAsync(history, _bound, cancellationToken);
            confirmed = true;
        }
        finally
        {
            if (!confirmed)
                await LeaveAsync(RedisScript.Release, [term.Token]);
        }
    }

    /// <summary>When to ask again. Not all at once: each leaves those before it in line a slot of time.</summary>
    private long TryAt()
    {
        if (_mineIsRefused && !_tryNow)
            return clock.Add(known.For(_me).EndsAt, TimeSpan.FromMilliseconds(1));
        if (_tryNow || _heard.Newest is not { State: { } state, EndsAt: var endsAt })
            return long.MinValue;
        // A free seat that was refused is that of a server that may have lost its data.
        if (_refused)
            endsAt = Math.Max(endsAt, known.For(_me).EndsAt);
        // The server counts whole milliseconds.
        var slot = TimeSpan.FromMilliseconds(1) + state.RankOf(_me, _rank) * Slot;
        return clock.Add(endsAt, slot);
    }

    private TimeSpan Slot
    {
        get
        {
            var share = candidacy.LeaseDuration / 50;
            return share < s_shortestSlot ? s_shortestSlot : Timestamps.Shorter(share, s_longestSlot);
        }
    }

    private void HearTurn(RedisChannel channel, RedisValue message)
    {
        _tryNow = true;
        _alarm.Ring();
    }

    private void HearNews(RedisChannel channel, RedisValue message)
    {
        if (SeatState.FromMessage(message, _heard.Newest.State) is not { } state)
            return;
        (_refused, _mineIsRefused) = (false, false);
        Hear(state, long.MinValue);
    }

    private void Hear(SeatState state, long askedAt)
    {
        if (!_heard.Hear(state, askedAt))
            return;
        var endsAt = _heard.Newest.EndsAt;
        known.Hear(state, endsAt);
        if (state.Kind == SeatKind.Held || state.WasReleased)
            candidacy.Saw(state.ToSighting(endsAt));
        if (state.Holder == _me)
        {
            // Reserved for this candidate; or held by it, although no grant ever arrived: that term is its orphan.
            if (state.Kind == SeatKind.Held)
                _orphan = state.Token;
            // Unless it was just refused, because of a term that somebody may still trust in: until that ends.
            _tryNow |= !_mineIsRefused;
        }

        // A renewal only moves the instant away, and the wait looks at it in slices anyway.
        if (state.Kind != SeatKind.Held || _tryNow)
            _alarm.Ring();
    }

    private Term? GrantedTerm(string[] answer) => answer[0] == "granted"
        ? new Term(candidacy.Election, candidacy.Id, long.Parse(answer[1], CultureInfo.InvariantCulture))
        : null;

    /// <summary>A grant that comes when nobody waits for it any more must not keep the seat from others for a lease.</summary>
    private void GiveBack(RedisResult late)
    {
        if (GrantedTerm((string[])late!) is { } term)
            _ = LeaveAsync(RedisScript.Release, [term.Token]);
    }

    private async Task WithdrawAsync() => await LeaveAsync(RedisScript.Withdraw, []);

    private async Task LeaveAsync(RedisScript script, RedisValue[] values)
    {
        try
        {
            await calls.SeatAsync(
                script, candidacy.Election, _me, values, Timestamps.Shorter(_bound, s_giveUp), CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // Nobody listens on this candidate's channel any more, so that no turn is lost to it; what it holds by
            // mistake ends with its lease.
        }
    }

    public static long Milliseconds(TimeSpan duration) => (long)Math.Ceiling(duration.TotalMilliseconds);
}
