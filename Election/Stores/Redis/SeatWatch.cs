using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Watches one seat: looks once, then is told of each change. It looks again only when it was told nothing until the
/// end that it was last told, as when a leader died and nobody follows it.
/// </summary>
internal sealed class SeatWatch(RedisCalls calls, TimeProvider clock, KnownTerms known, string election)
    : IConnectionListener
{
    private static readonly TimeSpan s_slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    /// <summary>Those in line try right after the end; their success is told, and need not be looked for.</summary>
    private static readonly TimeSpan s_turnover = TimeSpan.FromMilliseconds(50);

    private readonly Alarm _alarm = new(clock, s_slice);
    private readonly HeardSeat _heard = new(clock);
    private volatile bool _news;
    private volatile bool _broken;
    private volatile CancellationTokenSource? _asking;

    public async IAsyncEnumerable<Sighting> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var news = RedisKeys.News(calls.ChannelPrefix(election));
        try
        {
            await AskAsync(cut => calls.SubscribeAsync(news, HearNews, RedisCalls.LongestWait, cut), cancellationToken);
            await AskAsync(LookAsync, cancellationToken);
            while (true)
            {
                if (_news)
                {
                    _news = false;
                    var (state, endsAt) = _heard.Newest;
                    yield return state!.ToSighting(endsAt);
                }

                var quietUntil = QuietUntil();
                await _alarm.WaitAsync(() => _news || _broken ? long.MinValue : quietUntil, cancellationToken);
                if (_broken)
                    throw calls.Broken();
                if (!_news)
                    await AskAsync(LookAsync, cancellationToken);
            }
        }
        finally
        {
            calls.Unsubscribe(news, HearNews);
        }
    }

    /// <summary>What is told while the connection is down is lost.</summary>
    public void ConnectionBroke()
    {
        _broken = true;
        _alarm.Ring();
    }

    public void ConnectionCameBack()
    {
        // The break before it has ended this watch.
    }

    private long QuietUntil() => _heard.Newest switch
    {
        { State: { Kind: not SeatKind.Free }, EndsAt: var endsAt } => clock.Add(endsAt, s_turnover),
        { State: { Lease.Ticks: > 0 and var lease } } => clock.Add(clock.GetTimestamp(), TimeSpan.FromTicks(lease)),
        _ => clock.Add(clock.GetTimestamp(), s_quiet),
    };

    /// <summary>A lost answer is waited for as long as any: what is told meanwhile must not wait behind it.</summary>
    private async ValueTask AskAsync(Func<CancellationToken, ValueTask> ask, CancellationToken cancellationToken)
    {
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _asking = asking;
        try
        {
            if (!_news)
                await ask(asking.Token);
        }
        catch (OperationCanceledException) when (_news && !cancellationToken.IsCancellationRequested)
        {
            // It was told instead.
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
            RedisScript.Look, election, string.Empty, [], RedisCalls.LongestWait, cancellationToken);
        var state = SeatState.Parse((string[])answer!);
        var unchanged = state.Kind == SeatKind.Free && before?.Kind == SeatKind.Free && state.Token == before.Token;
        if (Hear(state, askedAt) && !unchanged)
            _news = true;
    }

    private void HearNews(RedisChannel channel, RedisValue message)
    {
        if (SeatState.FromMessage(message) is not { } state || !Hear(state, long.MinValue))
            return;
        _news = true;
        _alarm.Ring();
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
