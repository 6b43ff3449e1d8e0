using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>
/// One candidate's wait for the seat: a key with a lease in the line, a watch on the key before it, and nothing else.
/// Whoever is first in the line makes way for better ones behind it, and then takes the term.
/// </summary>
internal sealed class Standing(EtcdCalls calls, TimeProvider clock, SeatNews news, Candidacy candidacy)
{
    private readonly Wake _wake = new(clock, candidacy.LeaseDuration / 10);
    private readonly TimeSpan _bound = EtcdCalls.BoundOf(candidacy.LeaseDuration);
    private readonly FirstInLine _first = new(calls, clock, news.Known, candidacy);
    private long _lease;
    private string _key = string.Empty;
    private long _created;
    private long _keptAt;
    private TermRecord? _attempt;
    private TermRecord? _declined;
    private volatile Place? _behind;
    private volatile Place? _gone;

    public async ValueTask<HeldSeat> AcquireAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        news.Listen(_wake);
        var granted = false;
        try
        {
            await using var cut = cancellationToken.Register(_wake.Set);
            (_lease, _keptAt) = await calls.GrantAsync(candidacy.LeaseDuration, cancellationToken);
            _key = EtcdKeys.Place(candidacy.Election, _lease);
            var look = await JoinAsync(cancellationToken);
            while (true)
            {
                if (Named(look) is { } named)
                {
                    granted = true;
                    return named;
                }

                if (look.Line.LastOrDefault(p => p.Created < _created) is { } before)
                {
                    (_behind, _gone) = (before, null);
                    using var watch = WatchStream.OfEnd(calls, before.Key, look.Revision + 1, _ => Gone(before), _wake.Set);
                    await WaitBehindAsync(before, watch, cancellationToken);
                    if (news.GivenBackBy(before) is { } released && _first.MayFollow(released))
                    {
                        (var next, look) = await FollowAsync(released, look, cancellationToken);
                        if (next is null)
                            continue;
                        granted = true;
                        return next;
                    }

                    look = await ConfirmAsync(LineBehind.Asked, cancellationToken);
                    if (Named(look) is { } heir)
                    {
                        granted = true;
                        return heir;
                    }

                    // What was told since the look is looked at, too.
                    _declined = IsOwn(look) ? look.Term : null;
                    if (look.Line.Count == LineBehind.Asked)
                        look = await LookAsync(cancellationToken);
                }
                else if (_first.MakesWay(look))
                    look = await GoBehindAsync(look, cancellationToken);
                else if (await _first.BlockedUntilAsync(look, _bound, cancellationToken) is { } until)
                    look = await WaitUntilAsync(until, cancellationToken);
                else if (await TakeAsync(look, cancellationToken) is { } seat)
                {
                    granted = true;
                    return seat;
                }
                else
                    look = await LookAsync(cancellationToken);
            }
        }
        finally
        {
            news.StopListening(_wake);
            if (!granted && _lease != 0)
                await LeaveAsync();
        }
    }

    private async ValueTask<SeatLook> JoinAsync(CancellationToken cancellationToken)
    {
        // The lease's id is in the name: a key that is there already was put by a request whose answer was lost.
        var join = new Txn().IfCreated(_key, 0)
            .Then([Txn.Put(_key, Place.ValueOf(candidacy), _lease), .. SeatLook.Operations(candidacy.Election)])
            .Else([Txn.Get(_key), .. SeatLook.Operations(candidacy.Election)]);
        var look = Hear(SeatLook.Of(await calls.AskAsync("kv/txn", join.Body, _bound, cancellationToken), 1));
        var orphans = look.Line.Where(p => p.Candidate == candidacy.Id && p.Key != _key).ToList();
        if (orphans.Count > 0)
        {
            // Left by this very incarnation, which has given up the attempts that put them there.
            var removal = new Txn().Then([.. orphans.Select(o => Txn.Delete(o.Key))]);
            await calls.AskAsync("kv/txn", removal.Body, _bound, cancellationToken);
            look = await LookAsync(cancellationToken);
        }

        return WithOwn(look);
    }

    private async ValueTask<SeatLook> LookAsync(CancellationToken cancellationToken) =>
        WithOwn(Hear(SeatLook.Of(await AskLookAsync(0, cancellationToken), 0)));

    private ValueTask<Answer> AskLookAsync(int first, CancellationToken cancellationToken) =>
        calls.AskAsync("kv/txn", new Txn().Then(SeatLook.Operations(candidacy.Election, first)).Body, _bound, cancellationToken);

    private SeatLook WithOwn(SeatLook look)
    {
        _created = look.Line.FirstOrDefault(p => p.Key == _key)?.Created ?? throw calls.LeaseLost();
        return look;
    }

    private SeatLook Hear(SeatLook look)
    {
        news.Hear(look);
        if (news.Newest.Sighting is { } seen && (seen.Leader is not null || seen.Released))
            candidacy.Saw(seen);
        return look;
    }

    /// <summary>Until the key before is gone. The heartbeats of this process look at the first in the line as well: a watch may be dead.</summary>
    private async ValueTask WaitBehindAsync(Place before, WatchStream watch, CancellationToken cancellationToken)
    {
        while (_gone != before && !watch.HasEnded && !news.HasPassed(before) && !IsTold(before))
            await WaitAsync(long.MaxValue, cancellationToken);
        if (watch.HasEnded && _gone != before && !IsTold(before))
            await WaitAsync(clock.After(candidacy.RetryPeriod), cancellationToken);
    }

    /// <summary>Whether the watch of the terms told that the one before has given its place back, or has named this one.</summary>
    private bool IsTold(Place before) =>
        news.GivenBackBy(before) is not null || (news.TermOf(_key, _created) is { } named && named != _declined);

    private void Gone(Place before)
    {
        // What an earlier wait was told late says nothing of this one.
        if (!ReferenceEquals(_behind, before))
            return;
        _gone = before;
        _wake.Set();
    }

    /// <summary>
    /// Takes the term of a leader that stood right before and has given its place back: in one step, which compares what a
    /// look would have told, and keeps the lease beside it. The trust window is anchored at the sending, which follows the release.
    /// </summary>
    /// <returns>The seat, or null and what is there instead.</returns>
    private async ValueTask<(HeldSeat? Seat, SeatLook Look)> FollowAsync(TermRecord released, SeatLook look, CancellationToken cancellationToken)
    {
        var attempt = _attempt = NewTerm(look, released);
        var take = Write(attempt, new Txn()
            .IfCreated(_key, _created)
            .IfNoneOlder(EtcdKeys.Line(candidacy.Election), EtcdKeys.EndOf(EtcdKeys.Line(candidacy.Election)), _created)
            .IfAllBelow(EtcdKeys.Line(candidacy.Election), Place.Above(candidacy.Priority))
            .IfValue(EtcdKeys.Term(candidacy.Election), released.ToString()))
            .Else(SeatLook.Operations(candidacy.Election));
        var taking = calls.AskAsync("kv/txn", take.Body, _bound, cancellationToken);
        var keeping = calls.TryKeepAliveAsync(_lease, _bound, cancellationToken);
        var (taken, kept) = (await taking, await keeping);
        if (!taken.Succeeded)
            look = WithOwn(Hear(SeatLook.Of(taken, 0)));
        await KeptAsync(taken, kept, cancellationToken);
        if (taken.Succeeded)
            return (Hold(attempt, _keptAt, taken, LineOf(taken)), look);
        // It may have been done by a request whose answer was lost.
        return $"{look.Term}" == $"{attempt}" ? (Hold(attempt, _keptAt, taken, look.Line), look) : (null, look);
    }

    /// <summary>
    /// The seat, where the leader before has named this candidate as it gave its place back: there is nothing to be written any more. The
    /// message of it proves nothing, whichever watch it came by; the look does, beside which the own lease was kept.
    /// </summary>
    /// <returns>
    /// Null also for a term that must not be: its token is not above what this candidate has seen, or a term that the server lost may
    /// still be trusted in. Another one is taken then, as if nobody had been named.
    /// </returns>
    private HeldSeat? Named(SeatLook look) =>
        IsOwn(look) && look.First?.Key == _key && look.Term!.Token > candidacy.HighestTokenOfOthers && _first.MayFollow(look.Term)
            ? new HeldSeat(calls, clock, candidacy, look.Term, _keptAt, look.Revision, look.Line, givenBack: true)
            : null;

    private bool IsOwn(SeatLook look) =>
        look.Term is { Released: false } term && term.Key == _key && term.Created == _created && term.Holder == candidacy.Id;

    /// <summary>The own lease was kept beside an answered request, or is kept now: the anchor is the sending of the earlier of both.</summary>
    private async ValueTask KeptAsync(Answer answer, Answer? kept, CancellationToken cancellationToken)
    {
        if (kept is { } beside && beside.WasKeptBeside(answer))
            _keptAt = Math.Min(answer.SentAt, beside.SentAt);
        else if (await calls.KeepAliveAsync(_lease, answer, _bound, cancellationToken))
            _keptAt = answer.SentAt;
        else
            throw calls.LeaseLost();
    }

    private async ValueTask<SeatLook> WaitUntilAsync(long until, CancellationToken cancellationToken)
    {
        while (clock.GetTimestamp() < until)
            await WaitAsync(until, cancellationToken);
        return await ConfirmAsync(0, cancellationToken);
    }

    /// <summary>Looks at the first of the line, or at all, and keeps the own lease from then on: the anchor of a term is the sending of both.</summary>
    private async ValueTask<SeatLook> ConfirmAsync(int first, CancellationToken cancellationToken)
    {
        var looking = AskLookAsync(first, cancellationToken);
        var keeping = calls.TryKeepAliveAsync(_lease, _bound, cancellationToken);
        var (answer, kept) = (await looking, await keeping);
        var look = Hear(SeatLook.Of(answer, 0));
        // Among many the own key may be further behind.
        if (first == 0 || look.Line.Count < first || look.Line.Any(p => p.Key == _key))
            look = WithOwn(look);
        await KeptAsync(answer, kept, cancellationToken);
        return look;
    }

    /// <summary>Until a timestamp or a message; keeps the own lease meanwhile, less than twice a lease.</summary>
    private async ValueTask WaitAsync(long until, CancellationToken cancellationToken)
    {
        var keepAt = _keptAt + (candidacy.LeaseDuration * 0.6).ToTicksOf(clock);
        await _wake.WaitUntilAsync(Math.Min(until, keepAt));
        cancellationToken.ThrowIfCancellationRequested();
        if (clock.GetTimestamp() >= keepAt)
            await KeepAsync(cancellationToken);
    }

    private async Task KeepAsync(CancellationToken cancellationToken) =>
        _keptAt = await calls.KeepAliveAsync(_lease, _bound, cancellationToken) ?? throw calls.LeaseLost();

    private async ValueTask<SeatLook> GoBehindAsync(SeatLook look, CancellationToken cancellationToken)
    {
        // In two steps, because one cannot delete a key and put it. A term that it was named for and does not want would keep the next one waiting.
        var leave = IsOwn(look)
            ? HandOver.ToWhoeverAsks(candidacy.Election, look.Term!)
            : new Txn().IfCreated(_key, _created).Then(Txn.Delete(_key));
        await calls.AskAsync("kv/txn", leave.Body, _bound, cancellationToken);
        return await JoinAsync(cancellationToken);
    }

    private async ValueTask<HeldSeat?> TakeAsync(SeatLook look, CancellationToken cancellationToken)
    {
        var anchor = _keptAt;
        _attempt = NewTerm(look, look.Term);
        var take = Write(_attempt, new Txn().IfCreated(_key, _created).IfModified(EtcdKeys.Term(candidacy.Election), look.TermModified))
            .Else(Txn.Get(EtcdKeys.Term(candidacy.Election)), Txn.Get(_key));
        var answer = await calls.AskAsync("kv/txn", take.Body, _bound, cancellationToken);
        if (answer.Succeeded)
            return Hold(_attempt, anchor, answer, LineOf(answer));
        // It may have been done by a request whose answer was lost.
        var done = answer.KeysOf(0).FirstOrDefault().Value == _attempt.ToString() && answer.KeysOf(1).FirstOrDefault().Created == _created;
        return done ? Hold(_attempt, anchor, answer, null) : null;
    }

    private HeldSeat Hold(TermRecord term, long anchor, Answer answer, IEnumerable<Place>? line) =>
        new(calls, clock, candidacy, term, anchor, answer.Revision, line);

    /// <summary>What <see cref="Write"/> is answered with.</summary>
    private static IEnumerable<Place> LineOf(Answer written) => written.KeysOf(2).Select(Place.Of);

    private TermRecord NewTerm(SeatLook look, TermRecord? last)
    {
        var own = look.Line.First(p => p.Key == _key);
        var token = FencingToken.Next(own.TokenAfter(last) - 1, candidacy.HighestToken, calls.Time.Microseconds);
        return new TermRecord(
            token, candidacy.Id, candidacy.Address, calls.Time.Now, _key, _created, _lease,
            EtcdLease.SecondsOf(candidacy.LeaseDuration), last?.First ?? token, Released: false);
    }

    /// <summary>Not only the successor's first write but its mere grant ends the writes of the terms before it.</summary>
    private Txn Write(TermRecord term, Txn when) => when.Then(
        Txn.Put(EtcdKeys.Term(candidacy.Election), term.ToString()),
        Txn.Put(EtcdKeys.Fence(candidacy.Election), new Fence(term.Token, candidacy.Id).ToString()),
        Txn.GetInOrder(EtcdKeys.Line(candidacy.Election), LineBehind.Asked));

    /// <summary>Takes the key and what it may hold by mistake out of the way of others; what cannot be reached ends with the lease.</summary>
    private async ValueTask LeaveAsync()
    {
        try
        {
            // It may have been named in this very moment.
            if ((news.TermOf(_key, _created) ?? _attempt) is { } held)
                await calls.AskAsync("kv/txn", HandOver.ToWhoeverAsks(candidacy.Election, held).Body, _bound, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The server is away: nobody keeps the lease any more.
        }

        await calls.RevokeAsync(_lease);
    }
}
