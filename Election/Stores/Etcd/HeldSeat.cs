using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>A seat that was granted through this store: renewed by its lease, watched by its key.</summary>
internal sealed class HeldSeat : IDisposable
{
    private readonly EtcdCalls _calls;
    private readonly TimeProvider _clock;
    private readonly Candidacy _candidacy;
    private readonly Wake _wake;
    private readonly Lock _gate = new();
    private TermRecord _record;
    private WatchStream? _watch;
    private readonly CancellationTokenSource _deleted = new();
    private volatile bool _over;

    public HeldSeat(EtcdCalls calls, TimeProvider clock, Candidacy candidacy, TermRecord record, long anchoredAt, long revision)
    {
        _calls = calls;
        _clock = clock;
        _candidacy = candidacy;
        _record = record;
        _wake = new Wake(clock, candidacy.LeaseDuration / 10);
        Grant = new Grant(new Term(candidacy.Election, candidacy.Id, record.Token), anchoredAt);
        _ = WatchAsync(revision + 1);
    }

    public Grant Grant { get; }

    public Term Term => Grant.Term;

    /// <summary>The key given back and the record told so, in one step; an older attempt that was not done only loses its key.</summary>
    public static Txn Release(string election, TermRecord record) => new Txn()
        .IfCreated(record.Key, record.Created)
        .IfValue(EtcdKeys.Term(election), record.ToString())
        .Then(Txn.Delete(record.Key), Txn.Put(EtcdKeys.Term(election), (record with { Released = true }).ToString()))
        .Else(Txn.Delete(record.Key));

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
            await _calls.AskAsync("kv/txn", Release(Term.Election, _record).Body, EtcdCalls.LongestWait, cancellationToken);
        }
        finally
        {
            Dispose();
        }

        // Nothing hangs on the lease any more. Revoked now, its write would be stored before the term of who follows.
        _ = RevokeLaterAsync();
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
        var look = await _calls.AskAsync("kv/range", Txn.Range(_record.Key), bound, cancellationToken);
        if (!look.Keys.Any(k => k.Created == _record.Created))
            return RenewAnswer.Lost;
        return await _calls.KeepAliveAsync(_record.Lease, look, _clock.Until(end), cancellationToken) ? RenewAnswer.Renewed : RenewAnswer.Lost;
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
    /// server behind it may have been restarted empty.
    /// </summary>
    private async Task WatchAsync(long revision)
    {
        // The grant is told first: opening a line takes its time.
        await Task.Yield();
        while (!_over)
        {
            var watch = WatchStream.OfEnd(_calls, _record.Key, revision, _ => Deleted(), _wake.Set);
            lock (_gate)
                _watch = watch;
            if (_over)
                watch.Dispose();
            if (revision == 0 && await HasBegunAsync(watch))
                _candidacy.RenewNow();
            while (!watch.HasEnded && !_over)
                await _wake.WaitUntilAsync(_clock.After(_candidacy.LeaseDuration));
            if (_over)
                return;
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

    private void Deleted()
    {
        // By the release of this very seat.
        if (_over)
            return;
        _ = _deleted.CancelAsync();
        _candidacy.RenewNow();
    }
}
