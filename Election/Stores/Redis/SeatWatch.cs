using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Watches one seat: looks once, then is told of each change. It looks again only when it was told nothing until the
/// end that it was last told, as when a leader died and nobody follows it.
/// </summary>
internal sealed class SeatWatch(RedisCalls calls, ConnectionWatch connection, TimeProvider clock, KnownTerms known, ObservedSeat seat)
    : ISeatWatch, IConnectionListener
{
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    /// <summary>Those in line try right after the end; their success is told, and need not be looked for.</summary>
    private static readonly TimeSpan s_turnover = TimeSpan.FromMilliseconds(50);

    private readonly Wake _wake = new(clock, s_slice);
    private readonly HeardSeat _heard = new(clock);
    private volatile bool _news;
    private volatile bool _broken;
    private volatile bool _over;
    private CancellationTokenSource? _asking;

    public void Begin() => _ = RunAsync();

    public void End()
    {
        _over = true;
        _wake.Set();
        Cut();
    }

    /// <summary>What is told while the connection is down is lost.</summary>
    public void ConnectionBroke()
    {
        _broken = true;
        _wake.Set();
    }

    public void ConnectionCameBack()
    {
        // The break before it has ended this watch.
    }

    private async Task RunAsync()
    {
        Exception? end = null;
        connection.Add(this);
        try
        {
            await BeginAsync();
            while (!_over)
            {
                TellNews();
                if (_broken)
                    throw calls.Broken();
                if (!await _wake.WaitUntilAsync(QuietUntil()))
                    await AskAsync(LookAsync);
            }
        }
        catch (Exception exception)
        {
            // Whatever ended the watch is told to its observers, who observe anew.
            end = exception;
        }

        connection.Remove(this);
        calls.Unsubscribe(News, HearNews);
        seat.End(end);
    }

    private async ValueTask BeginAsync()
    {
        await AskAsync(cut => calls.SubscribeAsync(News, HearNews, RedisCalls.LongestWait, cut));
        await AskAsync(LookAsync);
    }

    private RedisChannel News => RedisKeys.News(calls.ChannelPrefix(seat.Election));

    private void TellNews()
    {
        if (!_news)
            return;
        _news = false;
        var (state, endsAt) = _heard.Newest;
        seat.Tell(state!.ToSighting(endsAt));
    }

    private long QuietUntil() => _heard.Newest switch
    {
        { State: { Kind: not SeatKind.Free }, EndsAt: var endsAt } => clock.Add(endsAt, s_turnover),
        { State: { Lease.Ticks: > 0 and var lease } } => clock.Add(clock.GetTimestamp(), TimeSpan.FromTicks(lease)),
        _ => clock.Add(clock.GetTimestamp(), s_quiet),
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
        var askedAt = clock.GetTimestamp();
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
        _wake.Set();
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
