using System.Runtime.CompilerServices;
using AspireElection.Timing;

namespace AspireElection.Stores.Files;

/// <summary>The seat of one election in a folder: when a waiter may try to take it, and what observers are told.</summary>
internal sealed class FileSeat(string election, StoreFolder folder, TimeProvider clock, Func<FolderWatch> watch)
{
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestObserverPeriod = TimeSpan.FromSeconds(1);

    private readonly string _path = folder.SeatOf(election);
    private readonly TermFiles _terms = new(folder.SeatOf(election), folder, clock);
    private readonly WaitingLine _line = new(folder.SeatOf(election));

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var bell = new Bell(clock);
        using var listening = Listen(bell);
        using var place = folder.Use(() => _line.Enter(candidacy));
        LastTerm? known = null;
        var deaf = false;
        while (true)
        {
            var last = folder.Use(() => LookFrom(place));
            if (deaf && !last.SameAs(known))
                watch().Renew();
            known = last;
            if (last.Record is { Released: false } held)
                candidacy.Saw(new Sighting(held.Leader, EndOf(last, candidacy.LeaseDuration)));
            var mayTry = folder.Use(() => MayTryAt(last, place, candidacy));
            if (mayTry <= clock.GetTimestamp())
            {
                if (folder.Use(() => _terms.TryTake(last, candidacy)) is { } grant)
                    return grant;
                mayTry = clock.After(TurnOf(candidacy.LeaseDuration) / 10);
            }

            var untilTry = clock.Until(mayTry);
            var polls = untilTry > candidacy.RetryPeriod;
            deaf = !await bell.WaitAsync(polls ? candidacy.RetryPeriod : untilTry, cancellationToken) && polls;
        }
    }

    public RenewAnswer Renew(Term term, TimeSpan lease) =>
        folder.Use(() => _terms.Rewrite(term, r => r with { Lease = lease })) ? RenewAnswer.Renewed : RenewAnswer.Lost;

    public void Release(Term term) =>
        folder.Use(() => _terms.Rewrite(term, r => r with { Released = true, Successor = _line.Best() }));

    public async IAsyncEnumerable<Sighting> ObserveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bell = new Bell(clock);
        using var listening = Listen(bell);
        LastTerm? told = null;
        var deaf = false;
        while (true)
        {
            var last = folder.Use(_terms.Look);
            // Nothing is told of a term whose holder has not written yet: it may still withdraw.
            if (told is null || (!last.SameAs(told) && (last.Number == 0 || last.Record is not null)))
            {
                if (deaf)
                    watch().Renew();
                told = last;
                yield return SightingOf(last);
            }

            var period = (last.Record?.Lease ?? LongestObserverPeriod) / 5;
            deaf = !await bell.WaitAsync(period < LongestObserverPeriod ? period : LongestObserverPeriod, cancellationToken);
        }
    }

    private IDisposable Listen(Bell bell)
    {
        folder.Use(() => Directory.CreateDirectory(_path));
        return watch().Listen(Path.GetFileName(_path), name =>
        {
            // Who comes into the line changes nothing for those in it; who goes may have been ahead of them.
            if (!name.EndsWith(WaitingLine.Extension, StringComparison.Ordinal) || !File.Exists(Path.Combine(folder.Seats, name)))
                bell.Ring();
        });
    }

    private LastTerm LookFrom(WaitingLine.Place place)
    {
        place.Keep();
        return _terms.Look();
    }

    /// <summary>From when this waiter may try to take the seat, by its own clock.</summary>
    private long MayTryAt(LastTerm last, WaitingLine.Place place, Candidacy candidacy)
    {
        var known = EndOfKnownTerm(last, candidacy);
        if (last.Number == 0)
            return known;
        var turn = TurnOf(last.Record?.Lease ?? candidacy.LeaseDuration);
        if (last.Record is { Released: true } released)
        {
            if (released.Successor == place.Name)
                return Math.Max(known, last.SeenAt);
            var reserved = released.Successor is { } successor && _line.IsAlive(successor) ? turn : TimeSpan.Zero;
            return Math.Max(known, InTurn(last.SeenAt + reserved.ToTicksOf(clock), released.Successor));
        }

        // Its own as well: of an attempt that failed halfway, or written late into a folder that was emptied meanwhile. In
        // either case it says nothing about whoever holds the term below it, and may have renewed that just before.
        return Math.Max(known, InTurn(EndOf(last, candidacy.LeaseDuration), null));

        // The line need not be ranked before the earliest instant has come.
        long InTurn(long earliest, string? except) => clock.GetTimestamp() < earliest
            ? earliest
            : earliest + (_line.Ahead(place.Name, except) * (turn / 5)).ToTicksOf(clock);
    }

    /// <summary>
    /// The end of a term that the candidate knows and this folder does not: the folder was wiped, and its holder may
    /// still trust in it.
    /// </summary>
    private long EndOfKnownTerm(LastTerm last, Candidacy candidacy)
    {
        if (candidacy.LastSeen is not { Leader: { } leader, Released: false } seen || seen.EndsAt <= clock.GetTimestamp())
            return long.MinValue;
        var own = leader.NodeId == candidacy.Id.NodeId && leader.Incarnation == candidacy.Id.Incarnation;
        return own || last.Record?.Token == leader.Term || _terms.Remembers(leader.Term) ? long.MinValue : seen.EndsAt;
    }

    private long EndOf(LastTerm last, TimeSpan ownLease) => last.SeenAt + (last.Record?.Lease ?? ownLease).ToTicksOf(clock);

    private Sighting SightingOf(LastTerm last) => last.Record is { Released: false } held
        ? new Sighting(held.Leader, EndOf(last, held.Lease))
        : new Sighting(null, last.SeenAt, last.Record is not null);

    private static TimeSpan TurnOf(TimeSpan lease) => lease / 4 < LongestTurn ? lease / 4 : LongestTurn;
}
