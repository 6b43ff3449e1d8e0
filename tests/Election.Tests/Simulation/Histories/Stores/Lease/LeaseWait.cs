using AspireElection.Stores.Redis;
using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>One candidate's wait for the seat, as in <see cref="Standing"/>: asks once, then waits to be told.</summary>
internal sealed class LeaseWait(
    LeaseClient client, LeaseServer server, TimeProvider clock, KnownTerms known, Candidacy candidacy, WorldMistake mistake)
{
    private readonly Bell _bell = new(clock, candidacy.LeaseDuration / 10);
    private readonly HeardSeat _heard = new(clock);
    private readonly TimeSpan _bound = LeaseClient.BoundOf(candidacy.LeaseDuration);
    private bool _tryNow;
    private bool _lineWasDown;
    private bool _refused;
    private bool _mineIsRefused;
    private long _orphan;

    public CandidateId Id => candidacy.Id;

    public string Name { get; } = candidacy.Id.ToString();

    public async ValueTask<Grant> AcquireAsync(CancellationToken cancellationToken)
    {
        var listens = new List<string>();
        try
        {
            // First: a message to somebody in line who does not listen yet would count him among the dead.
            foreach (var name in (string[])[string.Empty, Name])
            {
                listens.Add(name);
                await client.SubscribeAsync(name, _bound, cancellationToken);
            }

            while (true)
            {
                if (_lineWasDown)
                {
                    _lineWasDown = false;
                    client.Unsubscribe(Name);
                    await client.SubscribeAsync(Name, _bound, cancellationToken);
                }

                if (await TryAsync(cancellationToken) is { } grant)
                    return grant;
                await _bell.WaitAsync(TryAt, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await LeaveAsync("withdraw", () => server.Withdraw(Name));
            throw;
        }
        finally
        {
            foreach (var name in listens)
                client.Unsubscribe(name);
        }
    }

    public void ConnectionCameBack()
    {
        _lineWasDown = true;
        _tryNow = true;
        _bell.Ring();
    }

    public void HearTurn(string waiter)
    {
        if (waiter != Name)
            return;
        _tryNow = true;
        _bell.Ring();
    }

    public void HearNews(SeatState state)
    {
        (_refused, _mineIsRefused) = (false, false);
        Hear(state, long.MinValue);
    }

    private async ValueTask<Grant?> TryAsync(CancellationToken cancellationToken)
    {
        (_tryNow, _mineIsRefused) = (false, false);
        var sentAt = clock.GetTimestamp();
        known.Hear(candidacy.LastSeen);
        var knownTokens = known.For(Name).Tokens;
        var orphan = _orphan;
        var (granted, state) = await client.AskBoundedAsync(
            "acquire", () => server.Acquire(Name, candidacy, knownTokens, orphan), _bound, cancellationToken, GiveBack);
        if (granted != 0)
        {
            var anchor = mistake == WorldMistake.AnchorIsTheGrantsArrival ? clock.GetTimestamp() : sentAt;
            return new Grant(new Term(candidacy.Election, candidacy.Id, granted), anchor);
        }

        _mineIsRefused = state!.Holder == Name && (state.Kind == SeatKind.Reserved || state.Token == orphan);
        Hear(state, sentAt);
        _refused = state.Kind == SeatKind.Free;
        return null;
    }

    private long TryAt()
    {
        if (_mineIsRefused && !_tryNow)
            return clock.Add(known.For(Name).EndsAt, TimeSpan.FromMilliseconds(1));
        if (_tryNow || _heard.Newest is not { State: { } state, EndsAt: var endsAt })
            return long.MinValue;
        if (_refused)
            endsAt = Math.Max(endsAt, known.For(Name).EndsAt);
        if (mistake == WorldMistake.WaitsForTwoLeases)
            endsAt += candidacy.LeaseDuration.ToTicksOf(clock);
        var slot = TimeSpan.FromMilliseconds(1) + state.RankOf(Name, whenAsked: 0) * Slot;
        return endsAt + slot.ToTicksOf(clock);
    }

    private TimeSpan Slot => TimeSpan.FromMilliseconds(Math.Clamp(candidacy.LeaseDuration.TotalMilliseconds / 50, 2, 5));

    private void Hear(SeatState state, long askedAt)
    {
        if (!_heard.Hear(state, askedAt))
            return;
        var endsAt = _heard.Newest.EndsAt;
        known.Hear(state, endsAt);
        if (state.Kind == SeatKind.Held || state.WasReleased)
            candidacy.Saw(state.ToSighting(endsAt));
        if (state.Holder == Name)
        {
            if (state.Kind == SeatKind.Held)
                _orphan = state.Token;
            _tryNow |= !_mineIsRefused;
        }

        if (state.Kind != SeatKind.Held || _tryNow)
            _bell.Ring();
    }

    /// <summary>A grant that comes when nobody waits for it any more.</summary>
    private void GiveBack((long Granted, SeatState? State) late)
    {
        if (late.Granted != 0)
            _ = LeaveAsync("give back", () => server.Release(new Term(candidacy.Election, candidacy.Id, late.Granted)));
    }

    private async Task LeaveAsync(string what, Func<bool> atServer)
    {
        try
        {
            var second = TimeSpan.FromSeconds(1);
            await client.AskBoundedAsync(what, atServer, _bound < second ? _bound : second, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // What it holds by mistake ends with its lease.
        }
    }
}
