using AspireElection.Stores.Redis;
using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>One candidate's wait for the seat, as in <see cref="Standing"/>: asks once, then waits to be told.</summary>
internal sealed class LeaseWait(
    LeaseClient client, LeaseServer server, TimeProvider clock, KnownTerms known, Candidacy candidacy, WorldMistake mistake)
{
    private readonly Bell _bell = new(clock, candidacy.LeaseDuration / 10);
    private readonly NextTry _next = new(clock, known, candidacy);
    private readonly TimeSpan _bound = LeaseClient.BoundOf(candidacy.LeaseDuration);
    private bool _lineWasDown;

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
        _next.Now();
        _bell.Ring();
    }

    public void HearTurn(string waiter)
    {
        if (waiter != Name)
            return;
        _next.Now();
        _bell.Ring();
    }

    public void HearNews(SeatState state)
    {
        if (_next.Told(state))
            _bell.Ring();
    }

    private async ValueTask<Grant?> TryAsync(CancellationToken cancellationToken)
    {
        _next.Begin();
        var sentAt = clock.GetTimestamp();
        known.Hear(candidacy.LastSeen);
        var knownTokens = known.For(Name).Tokens;
        var orphan = _next.Orphan;
        var (granted, state) = await client.AskBoundedAsync(
            "acquire", () => server.Acquire(Name, candidacy, knownTokens, orphan), _bound, cancellationToken, GiveBack);
        if (granted != 0)
        {
            var anchor = mistake == WorldMistake.AnchorIsTheGrantsArrival ? clock.GetTimestamp() : sentAt;
            return new Grant(new Term(candidacy.Election, candidacy.Id, granted), anchor);
        }

        _next.Refused(state!, sentAt, orphan, rank: 0);
        return null;
    }

    private long TryAt()
    {
        var at = _next.At;
        return mistake == WorldMistake.WaitsForTwoLeases && at != long.MinValue ? at + candidacy.LeaseDuration.ToTicksOf(clock) : at;
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
