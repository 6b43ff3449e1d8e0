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
    private static readonly TimeSpan s_giveUp = TimeSpan.FromSeconds(1);

    private readonly Alarm _alarm = new(clock, candidacy.LeaseDuration / 10);
    private readonly NextTry _next = new(clock, known, candidacy);
    private readonly string _me = candidacy.Id.ToString();
    private readonly TimeSpan _bound = RedisCalls.BoundOf(candidacy.LeaseDuration);
    private volatile bool _lineWasDown;
    private bool _granted;

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

                await _alarm.WaitAsync(() => _next.At, cancellationToken);
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
        _next.Now();
        _alarm.Ring();
    }

    private async ValueTask<Grant?> TryAsync(CancellationToken cancellationToken)
    {
        _next.Begin();
        var orphan = _next.Orphan;
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

        var rank = int.Parse(answer[0], CultureInfo.InvariantCulture);
        _next.Refused(SeatState.Parse(answer[1..], _next.Seat), sentAt, orphan, rank);
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

    private void HearTurn(RedisChannel channel, RedisValue message)
    {
        _next.Now();
        _alarm.Ring();
    }

    private void HearNews(RedisChannel channel, RedisValue message)
    {
        if (SeatState.FromMessage(message, _next.Seat) is { } state && _next.Told(state))
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
