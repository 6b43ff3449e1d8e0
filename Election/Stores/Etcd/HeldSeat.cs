using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>A seat that was granted through this store: renewed by its lease, watched by its key and those behind it.</summary>
internal sealed class HeldSeat : IDisposable
{
    private readonly EtcdCalls _calls;
    private readonly TimeProvider _clock;
    private readonly Candidacy _candidacy;
    private readonly Wake _wake;
    private readonly Lock _gate = new();
    private readonly LineBehind _behind = new();
    private TermRecord _record;
    private WatchStream? _watch;
    private readonly CancellationTokenSource _deleted = new();
    private volatile bool _over;

    /// <summary>Whether whoever comes or goes from now on is heard of.</summary>
    private volatile bool _watches;

    /// <param name="calls">To the server.</param>
    /// <param name="clock">Of the node.</param>
    /// <param name="candidacy">Whose seat it is.</param>
    /// <param name="record">Its term.</param>
    /// <param name="anchoredAt">From when on trust is counted.</param>
    /// <param name="revision">In which the key was there, and the line as it was seen.</param>
    /// <param name="line">The first of the line in that revision; null where that was not seen.</param>
    /// <param name="givenBack">True where the leader before has named this one.</param>
    public HeldSeat(
        EtcdCalls calls, TimeProvider clock, Candidacy candidacy, TermRecord record, long anchoredAt, long revision, IEnumerable<Place>? line,
        bool? givenBack = null)
    {
        _calls = calls;
        _clock = clock;
        _candidacy = candidacy;
        _record = record;
        _wake = new Wake(clock, candidacy.LeaseDuration / 10);
        if (line is not null)
            _behind.See(line, record.Key, revision, 0);
        Grant = new Grant(new Term(candidacy.Election, candidacy.Id, record.Token), anchoredAt) { GivenBack = givenBack };
        _ = WatchAsync(revision + 1);
    }

    public Grant Grant { get; }

    public Term Term => Grant.Term;

    public int KnownBehind => _behind.Count;

    /// <summary>
    /// Two requests, because none does both: the key is still the one that was granted, and the lease is kept. A lease
    /// that is kept says nothing of a key that somebody deleted.
    /// </summary>
    public async ValueTask<RenewAnswer> RenewAsync(TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (_deleted.IsCancellationRequested)
            return RenewAnswer.Lost;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _deleted.Token);
        try
        {
            return await KeepAsync(leaseDuration, either.Token);
        }
        catch (OperationCanceledException) when (_deleted.IsCancellationRequested)
        {
            // Told by the watch while a member let the renewal hang: it is lost, not unknown.
            return RenewAnswer.Lost;
        }
    }

    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        // The end of its watch has time; who waits for the seat has not.
        _over = true;
        try
        {
            await _calls.GiveBackAsync(Term.Election, _record, Naming(), cancellationToken);
        }
        finally
        {
            Dispose();
        }

        // Nothing hangs on the lease any more. Revoked now, its write would be stored before the term of who follows.
        _ = RevokeLaterAsync();
    }

    /// <summary>Null where nobody can be given the seat by its name.</summary>
    private Txn? Naming()
    {
        // One of this very incarnation was left by an attempt that it has given up: nobody is there to take the term.
        if (_behind.Successor() is not (var next, var others) || next is not { Candidate: { } holder, Lease: { } lease } || holder == _record.Holder)
            return null;
        var token = FencingToken.Next(next.TokenAfter(_record) - 1, _candidacy.HighestToken, _calls.Time.Microseconds);
        var named = new TermRecord(
            token, holder, next.Address, _calls.Time.Now, next.Key, next.Created, lease, next.Seconds, _record.First, Released: false);
        return HandOver.To(Term.Election, _record, named, next.Priority, others);
    }

    /// <summary>The seat is lost; its lease must not go on living beside the next term.</summary>
    public Task AbandonAsync()
    {
        Dispose();
        // Who holds the seat hears of its loss first: whoever is next waits for as long as this lease lives.
        return RevokeLaterAsync();
    }

    private async Task RevokeLaterAsync()
    {
        await Task.Delay(_candidacy.LeaseDuration / 10, _clock);
        await _calls.RevokeAsync(_record.Lease);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _over = true;
            _watch?.Dispose();
        }

        _wake.Set();
    }

    private async ValueTask<RenewAnswer> KeepAsync(TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        var bound = EtcdCalls.BoundOf(leaseDuration);
        if (EtcdLease.SecondsOf(leaseDuration) != _record.Seconds)
            return await MoveAsync(leaseDuration, cancellationToken);
        var end = _clock.After(bound);
        // Who stands behind is asked for only where the watch had to begin anew.
        var (seesLine, watches) = (!_behind.IsKnown && _watches, _behind.Watches);
        var range = seesLine ? Txn.RangeInOrder(EtcdKeys.Line(Term.Election), LineBehind.Asked) : Txn.Range(_record.Key);
        var look = await _calls.AskAsync("kv/range", range, bound, cancellationToken);
        if (!look.Keys.Any(k => k.Key == _record.Key && k.Created == _record.Created))
            return RenewAnswer.Lost;
        if (seesLine)
            _behind.See(look.Keys.Select(Place.Of), _record.Key, look.Revision, watches);
        return await _calls.KeepAliveAsync(_record.Lease, look, _clock.Until(end), cancellationToken, within: bound)
            ? RenewAnswer.Renewed
            : RenewAnswer.Lost;
    }

    /// <summary>Another duration needs another lease: the key moves to it and stays the same in the line.</summary>
    private async ValueTask<RenewAnswer> MoveAsync(TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        var (lease, _) = await _calls.GrantAsync(leaseDuration, cancellationToken);
        var (old, moved) = (_record, _record with { Lease = lease, Seconds = EtcdLease.SecondsOf(leaseDuration) });
        var term = EtcdKeys.Term(Term.Election);
        var move = new Txn()
            .IfCreated(old.Key, old.Created)
            .IfValue(term, old.ToString())
            .Then(Txn.Put(old.Key, Place.ValueOf(_candidacy), lease), Txn.Put(term, moved.ToString()))
            .Else(Txn.Get(term));
        var answer = await _calls.AskAsync("kv/txn", move.Body, EtcdCalls.BoundOf(leaseDuration), cancellationToken);
        if (!answer.Succeeded && answer.KeysOf(0).FirstOrDefault().Value != moved.ToString())
        {
            await _calls.RevokeAsync(lease);
            return RenewAnswer.Lost;
        }

        _record = moved;
        await _calls.RevokeAsync(old.Lease);
        return RenewAnswer.Renewed;
    }

    /// <summary>
    /// Tells the candidate to renew at once when its key is deleted, and whenever the line broke or came back: the
    /// server behind it may have been restarted empty. The same watch tells who comes and goes behind the leader.
    /// </summary>
    private async Task WatchAsync(long revision)
    {
        // The grant is told first: opening a line takes its time.
        await Task.Yield();
        while (!_over)
        {
            var watch = WatchStream.OfAll(_calls, EtcdKeys.Line(Term.Election), revision, Hear, _wake.Set);
            lock (_gate)
                _watch = watch;
            if (_over)
                watch.Dispose();
            _watches = revision > 0;
            if (revision == 0 && await HasBegunAsync(watch))
            {
                _watches = true;
                _candidacy.RenewNow();
            }

            while (!watch.HasEnded && !_over)
                await _wake.WaitUntilAsync(_clock.After(_candidacy.LeaseDuration));
            if (_over)
                return;
            _watches = false;
            _behind.Forget();
            _candidacy.RenewNow();
            await _wake.WaitUntilAsync(_clock.After(_candidacy.RetryPeriod));
            // The history from then on may be compacted; what happened meanwhile each renewal finds.
            revision = 0;
        }
    }

    private static async Task<bool> HasBegunAsync(WatchStream watch)
    {
        try
        {
            await watch.BegunAsync(CancellationToken.None);
            return true;
        }
        catch (StoreUnavailableException)
        {
            // The next attempt follows, and the renewals say what is wrong.
            return false;
        }
    }

    private void Hear(WatchEvent told)
    {
        if (told.Key.Key != _record.Key)
            _behind.Hear(told);
        else if (told.IsDeleted)
            Deleted();
    }

    private void Deleted()
    {
        // By the release of this very seat.
        if (_over)
            return;
        _ = _deleted.CancelAsync();
        _candidacy.RenewNow();
    }
}
