using AspireElection.Stores.Redis;
using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Watches one seat, as <see cref="SeatWatch"/> does: looks once, then is told of each change.</summary>
internal sealed class LeaseWatch(LeaseClient client, LeaseServer server, TimeProvider clock, KnownTerms known)
{
    private static readonly TimeSpan s_turnover = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly Bell _bell = new(clock, TimeSpan.FromSeconds(1));
    private readonly HeardSeat _heard = new(clock);
    private bool _news;
    private bool _broken;
    private CancellationTokenSource? _asking;

    /// <summary>The next news; null when there was none after all.</summary>
    public async ValueTask<Sighting?> NextAsync(CancellationToken cancellationToken)
    {
        if (!_news)
        {
            var quietUntil = QuietUntil();
            await _bell.WaitAsync(() => _news || _broken ? long.MinValue : quietUntil, cancellationToken);
            if (_broken)
                throw new StoreUnavailableException("the connection broke");
            if (!_news)
                await AskAsync(LookAsync, cancellationToken);
        }

        if (!_news)
            return null;
        _news = false;
        var (state, endsAt) = _heard.Newest;
        return state!.ToSighting(endsAt);
    }

    /// <summary>What is told meanwhile must not wait behind a lost answer.</summary>
    public async ValueTask AskAsync(Func<CancellationToken, ValueTask> ask, CancellationToken cancellationToken)
    {
        using var asking = _asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
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

    public async ValueTask LookAsync(CancellationToken cancellationToken)
    {
        var askedAt = clock.GetTimestamp();
        var before = _heard.Newest.State;
        var state = await client.AskBoundedAsync("look", server.Look, TimeSpan.FromSeconds(5), cancellationToken);
        var unchanged = state.Kind == SeatKind.Free && before?.Kind == SeatKind.Free && state.Token == before.Token;
        if (Hear(state, askedAt) && !unchanged)
            _news = true;
    }

    public void ConnectionBroke()
    {
        _broken = true;
        _bell.Ring();
    }

    public void HearNews(SeatState state)
    {
        if (!Hear(state, long.MinValue))
            return;
        _news = true;
        _bell.Ring();
        _asking?.Cancel();
    }

    private long QuietUntil() => _heard.Newest switch
    {
        { State: { Kind: not SeatKind.Free }, EndsAt: var endsAt } => endsAt + s_turnover.ToTicksOf(clock),
        { State: { Lease.Ticks: > 0 and var lease } } => clock.After(TimeSpan.FromTicks(lease)),
        _ => clock.After(s_quiet),
    };

    private bool Hear(SeatState state, long askedAt)
    {
        if (!_heard.Hear(state, askedAt))
            return false;
        known.Hear(state, _heard.Newest.EndsAt);
        return true;
    }
}
