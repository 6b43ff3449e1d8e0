using AspireElection.Timing;

namespace AspireElection.Stores.Postgres;

/// <summary>A candidate's way from the end of the line to its term.</summary>
internal sealed class LineWait(LockSession session, Candidacy candidacy, PostgresErrors errors, TimeProvider clock)
{
    /// <summary>Backends that had their turn are forgotten one day: the list must not grow without end.</summary>
    private const int Remembered = 64;

    /// <summary>Waits in vain between two looks at who keeps the seat: a look a minute.</summary>
    private const int LooksApart = 6;

    private const int Rehearsals = 2;

    private readonly Queue<int> _steppedBackFor = new();
    private long _steppedBackAfter;
    private long _outlasted;
    private bool _rehearsing;

    public async Task<Grant> WaitAsync()
    {
        await RehearseAsync();
        for (var inVain = 0; ;)
        {
            if (!await session.LineUpAsync())
            {
                if (inVain++ % LooksApart == 0)
                    await ForeignHolder.RefuseAsync(session, errors);
            }
            else if (await TakeAsync() is { } grant)
            {
                return grant;
            }
        }
    }

    /// <summary>
    /// Goes through a whole turn and takes nothing. What runs for the first time is compiled, planned and cached
    /// first: tens of milliseconds, in which a killed leader would have no successor. And again: while that goes on the answers
    /// come before they are waited for, and to be waited for is code of its own.
    /// </summary>
    private async Task RehearseAsync()
    {
        _rehearsing = true;
        for (var pass = 0; pass < Rehearsals; pass++)
            await session.RehearseAsync(candidacy.Id.Incarnation, TakeAsync);
        _rehearsing = false;
    }

    /// <summary>Takes the term, after what has to be waited out; null when a better candidate goes first.</summary>
    private async Task<Grant?> TakeAsync()
    {
        while (true)
        {
            var until = long.MinValue;
            var alive = _rehearsing ? 0 : AliveTerm(out until);
            // Trust is counted from here, not from the grant: that may have waited for us, unseen, for a while.
            var anchor = clock.GetTimestamp();
            switch (await session.Term.TakeAsync(candidacy.HighestToken, alive, _outlasted, _steppedBackFor, _steppedBackAfter))
            {
                case not null when _rehearsing:
                    return null;
                case TermAnswer.Taken taken:
                    return new Grant(new Term(candidacy.Election, candidacy.Id, taken.Token), anchor) { GivenBack = taken.GivenBack };
                case TermAnswer.BetterWaits better:
                    Remember(better);
                    await session.StepBackAsync();
                    return null;
                case TermAnswer.Outlast last:
                    await HoldUntilAsync(clock.After(last.Left));
                    _outlasted = last.Token;
                    break;
                default:
                    await HoldUntilAsync(until);
                    break;
            }
        }
    }

    /// <summary>
    /// Once for each better candidate and turn: one that is dead must not be let ahead for ever, and one that was let
    /// ahead in an earlier turn, in which another still better one was granted the seat, goes first in the next as well.
    /// </summary>
    private void Remember(TermAnswer.BetterWaits better)
    {
        if (better.LastToken != _steppedBackAfter)
            _steppedBackFor.Clear();
        _steppedBackAfter = better.LastToken;
        if (_steppedBackFor.Count == Remembered)
            _steppedBackFor.Dequeue();
        _steppedBackFor.Enqueue(better.BackendPid);
    }

    /// <summary>
    /// A term that somebody may still trust in, as far as this candidate was told. The server is asked about it only
    /// to find out that it has forgotten it: while it remembers, a free lock means that the leader's session is gone.
    /// </summary>
    private long AliveTerm(out long until)
    {
        until = long.MinValue;
        if (candidacy.LastSeen is not { Leader: { } leader } seen || leader.Incarnation == candidacy.Id.Incarnation)
            return 0;
        until = seen.EndsAt;
        return clock.Until(seen.EndsAt) > TimeSpan.Zero ? leader.Term : 0;
    }

    /// <summary>Holds the lock without a term, so that nobody else has to wait it out again.</summary>
    private async Task HoldUntilAsync(long timestamp)
    {
        while (clock.Until(timestamp) is var left && left > TimeSpan.Zero)
        {
            var slice = session.Lease / 3;
            await Task.Delay((left < slice ? left : slice).ForTimer(), clock, session.Aborted);
            await session.BeatAsync(session.Lease);
        }
    }
}
