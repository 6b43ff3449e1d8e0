using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Watches one seat: looks once, then is told of each change. It looks again only when it was told nothing until the
/// end that it was last told, as when a leader died and nobody follows it.
/// </summary>
internal sealed class SeatWatch(RedisCalls calls, KnownTerms known, ObservedSeat seat)
    : Turns(calls.Clock, s_slice), ISeatWatch, IConnectionListener
{
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    /// <summary>Those in line try right after the end; their success is told, and need not be looked for.</summary>
    private static readonly TimeSpan s_turnover = TimeSpan.FromMilliseconds(50);

    private readonly HeardSeat _heard = new(calls.Clock);
    private bool _listens;
    private volatile bool _news;
    private volatile bool _broken;
    private volatile bool _over;
    private CancellationTokenSource? _asking;

    public Sighting? Newest => _heard.Newest is { State: { } state, EndsAt: var endsAt } ? state.ToSighting(endsAt) : null;

    public void Begin() => BeginTurns();

    public void End()
    {
        _over = true;
        Set();
        Cut();
    }

    /// <summary>What is told while the connection is down is lost.</summary>
    public void ConnectionBroke()
    {
        _broken = true;
        Set();
    }

    public void ConnectionCameBack()
    {
        // The break before it has ended this watch.
    }

    protected override async ValueTask<long?> TurnAsync(bool woken)
    {
        try
        {
            if (!_listens)
                await ListenAsync();
            else if (!woken)
                await AskAsync(LookAsync);
            if (!_over)
            {
                TellNews();
                return _broken ? throw calls.Broken() : QuietUntil();
            }

            Over(null);
        }
        catch (Exception exception)
        {
            // Whatever ended the watch is told to its observers, who observe anew.
            Over(exception);
        }

        return null;
    }

    private void Over(Exception? reason)
    {
        calls.Unsubscribe(News, HearNews);
        seat.End(reason);
    }

    private async ValueTask ListenAsync()
    {
        _listens = true;
        await AskAsync(cut => calls.SubscribeAsync(News, HearNews, RedisCalls.LongestWait, cut));
        await AskAsync(LookAsync);
    }

    private RedisChannel News => RedisKeys.News(calls.ChannelPrefix(seat.Election));

    private void TellNews()
    {
        if (!_news)
            return;
        _news = false;
        seat.Tell();
    }

    private long QuietUntil() => _heard.Newest switch
    {
        { State: { Kind: not SeatKind.Free }, EndsAt: var endsAt } => calls.Clock.Add(endsAt, s_turnover),
        { State: { Lease.Ticks: > 0 and var lease } } => calls.Clock.Add(calls.Clock.GetTimestamp(), TimeSpan.FromTicks(lease)),
        _ => calls.Clock.Add(calls.Clock.GetTimestamp(), s_quiet),
    };

    /// <summary>A lost answer is waited for as long as any: what is told meanwhile must not wait behind it.</summary>
    private async ValueTask AskAsync(Func<CancellationToken, ValueTask> ask)
    {
        using var asking = new CancellationTokenSource();
        Interlocked.Exchange(ref _asking, asking);
        try
        {
            if (!_news && !_over)
                await ask(asking.Token);
        }
        catch (OperationCanceledException) when (_news || _over)
        {
            // It was told instead, or nobody wants to know any more.
        }
        finally
        {
            _asking = null;
        }
    }

    private async ValueTask LookAsync(CancellationToken cancellationToken)
    {
        var askedAt = calls.Clock.GetTimestamp();
        var before = _heard.Newest.State;
        var answer = await calls.SeatAsync(
            RedisScript.Look, seat.Election, string.Empty, [], RedisCalls.LongestWait, cancellationToken);
        var state = SeatState.Parse((string[])answer!, before);
        var unchanged = state.Kind == SeatKind.Free && before?.Kind == SeatKind.Free && state.Token == before.Token;
        if (Hear(state, askedAt) && !unchanged)
            _news = true;
    }

    private void HearNews(RedisChannel channel, RedisValue message)
    {
        if (SeatState.FromMessage(message, _heard.Newest.State) is not { } state || !Hear(state, long.MinValue))
            return;
        _news = true;
        Set();
        Cut();
    }

    /// <summary>Ends a question that need not be answered any more.</summary>
    private void Cut()
    {
        try
        {
            _asking?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The server answered in this very moment.
        }
    }

    private bool Hear(SeatState state, long askedAt)
    {
        if (!_heard.Hear(state, askedAt))
            return false;
        known.Hear(state, _heard.Newest.EndsAt);
        return true;
    }
}
