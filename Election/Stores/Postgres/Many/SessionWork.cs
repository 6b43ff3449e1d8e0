using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// The one loop that uses a session. Between orders it keeps a read pending, so that a session which the server ends is
/// noticed at once; when nobody renews, it beats by itself, or those who only wait would lose their session.
/// </summary>
internal sealed class SessionWork(
    ISeatSession session, SessionSlot slot, SessionOrders orders, PostgresErrors errors, TimeProvider clock, ISeatLines lines)
{
    /// <summary>How many terms one statement takes: renewals wait for no longer than that.</summary>
    private const int AtOnce = 256;

    /// <summary>How often somebody else may have locked the row of an election before people are told.</summary>
    private const int MostMissed = 20;

    /// <summary>How often in a row locks may fail to be given back: a session that cannot do that is given up.</summary>
    private const int MostFailedUnlocks = 20;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestUnused = TimeSpan.FromSeconds(30);

    /// <summary>Locks held without a term until an old lease has run out.</summary>
    private readonly Dictionary<Stand, Wait> _kept = [];
    private readonly List<Stand> _underWay = [];
    private long _beatAt = clock.After(orders.Lease / 3);
    private long _endAt = long.MaxValue;
    private long _unusedAt = clock.After(LongestUnused);
    private long _unlockAt;
    private int _failedUnlocks;

    /// <summary>Until the slot is closed or nobody needs the session; an exception means that the session is gone.</summary>
    public async Task RunAsync()
    {
        while (!orders.IsClosed)
        {
            orders.Listen();
            if (orders.IsNeeded)
                _unusedAt = clock.After(LongestUnused);
            else if (clock.Until(_unusedAt) == TimeSpan.Zero)
                break;
            var worked = await BeatAsync();
            EndSilent();
            worked |= await UnlockAsync();
            worked |= await TakeAsync();
            if (!worked)
                await IdleAsync();
        }
    }

    /// <summary>After the end of the session: nothing is held for anybody.</summary>
    public void GiveUp()
    {
        foreach (var stand in _underWay.Concat(_kept.Keys).Distinct())
        {
            stand.Outlasted = 0;
            lines.Again(stand, clock.GetTimestamp());
        }
    }

    private async Task<bool> BeatAsync()
    {
        var asked = orders.NextBeat();
        if (asked is null && clock.Until(_beatAt) > TimeSpan.Zero)
            return false;
        var lease = orders.Lease;
        try
        {
            _beatAt = clock.After(lease / 3);
            var own = await session.BeatAsync(lease);
            if (!own)
                throw new InvalidOperationException("Another server process answered: one that holds no lock.");
            asked?.TrySetResult(RenewAnswer.Renewed);
        }
        catch (Exception exception) when (session.IsOpen && PostgresErrors.AreOfServer(exception))
        {
            // The statement failed and the session lives: nobody knows whether it renewed.
            if (asked?.TrySetException(errors.Unavailable(exception)) == true)
                _ = asked.Task.Exception;
        }
        catch
        {
            asked?.TrySetResult(RenewAnswer.Lost);
            throw;
        }

        return true;
    }

    private void EndSilent()
    {
        if (clock.Until(_endAt) > TimeSpan.Zero)
            return;
        _endAt = orders.EndSilent(clock.GetTimestamp(), lines.RunOut);
    }

    private async Task<bool> UnlockAsync()
    {
        var abandoned = _kept.Keys.Where(s => s.IsOver).ToList();
        foreach (var stand in abandoned)
        {
            _kept.Remove(stand);
            orders.Unlock(stand.Key);
        }

        var (keys, done) = clock.Until(_unlockAt) == TimeSpan.Zero ? orders.NextUnlocks() : ([], []);
        var unlocked = false;
        try
        {
            unlocked = keys.Length > 0 && await TryUnlockAsync(keys);
        }
        finally
        {
            // Those of a session that is gone hear of it when its seats have ended.
            if (!unlocked)
                orders.UnlockAgain(keys, done);
            foreach (var stand in abandoned)
                lines.Again(stand, clock.GetTimestamp());
        }

        foreach (var told in unlocked ? done : [])
            told.TrySetResult();
        return unlocked;
    }

    /// <summary>
    /// False when the statement failed and the session lives: to be tried again a little later. Giving up the session would
    /// free the locks of all the others on it, whose leaders still trust in them.
    /// </summary>
    private async Task<bool> TryUnlockAsync(long[] keys)
    {
        try
        {
            await session.UnlockAsync(keys);
            _failedUnlocks = 0;
            return true;
        }
        catch (PostgresException) when (session.IsOpen && ++_failedUnlocks < MostFailedUnlocks)
        {
            _unlockAt = clock.After(BusyPause);
            return false;
        }
    }

    private async Task UnlockSoonAsync(IEnumerable<Stand> stands)
    {
        long[] keys = [.. stands.Select(s => s.Key)];
        if (!await TryUnlockAsync(keys))
            orders.UnlockAgain(keys, []);
    }

    private async Task<bool> TakeAsync()
    {
        _underWay.Clear();
        _underWay.AddRange(orders.NextWanted(AtOnce));
        foreach (var (stand, wait) in _kept.Where(k => clock.Until(k.Value.Until) == TimeSpan.Zero).Take(AtOnce))
        {
            // Not before: with the end of this session the old lease is to be waited out anew.
            stand.Outlasted = wait.Outlasts;
            _underWay.Add(stand);
        }

        if (_underWay.Count == 0)
            return false;
        foreach (var stand in _underWay.Where(s => s.IsOver && !_kept.ContainsKey(s)).ToList())
            Settle(stand, () => lines.Again(stand, clock.GetTimestamp()));
        await LockAsync();
        if (_underWay.Count > 0)
            await TakeTermsAsync([.. _underWay]);
        return true;
    }

    /// <summary>Takes the locks of those under way that are free; the others are told to look again.</summary>
    private async Task LockAsync()
    {
        // Locks stack: one that is held already must not be taken a second time.
        foreach (var stand in _underWay.Where(s => !_kept.ContainsKey(s) && orders.Holds(s.Key)).ToList())
            Settle(stand, () => lines.Again(stand, clock.After(BusyPause)));
        var wanting = _underWay.Where(s => !_kept.ContainsKey(s)).ToList();
        if (wanting.Count == 0)
            return;
        long[] keys = [.. wanting.Select(s => s.Key)];
        HashSet<long> granted;
        try
        {
            granted = await session.TryLockAsync(keys);
        }
        catch (PostgresException exception) when (session.IsOpen)
        {
            // A lock outlives the statement that took it, though the statement failed.
            await UnlockSoonAsync(wanting);
            foreach (var stand in wanting)
                Settle(stand, () => lines.Failed(stand, errors.Unavailable(exception)));
            return;
        }

        foreach (var stand in wanting.Where(s => !granted.Contains(s.Key)))
            Settle(stand, () => lines.Again(stand, clock.GetTimestamp()));
    }

    private async Task TakeTermsAsync(List<Stand> stands)
    {
        var alive = stands.ConvertAll(s => s.AliveTerm(clock));
        // Trust is counted from here: the locks are held, and the server keeps the session for a lease from now on.
        var anchor = clock.GetTimestamp();
        List<TermAnswer?> answers;
        try
        {
            answers = await session.TakeAsync([.. stands.Select((s, i) => new TermWish(s.Candidacy, alive[i].Term, s.Outlasted))]);
        }
        catch (PostgresException) when (session.IsOpen && stands.Count > 1)
        {
            // One election must not keep the others from their terms, nor the leaders of this session from their heartbeats.
            var half = stands.Count / 2;
            await BeatAsync();
            await TakeTermsAsync(stands.GetRange(0, half));
            await BeatAsync();
            await TakeTermsAsync(stands.GetRange(half, stands.Count - half));
            return;
        }
        catch (PostgresException exception) when (session.IsOpen && MeansBusy(exception))
        {
            await LetGoAsync(stands, stand => Missed(stand, () => errors.Unavailable(exception)));
            return;
        }
        catch (PostgresException exception) when (session.IsOpen)
        {
            await LetGoAsync(stands, stand => lines.Failed(stand, errors.Unavailable(exception)));
            return;
        }

        var locked = new List<Stand>();
        for (var i = 0; i < stands.Count; i++)
        {
            if (answers[i] is { } answer)
                Settle(stands[i], answer, alive[i].Until, anchor);
            else
                locked.Add(stands[i]);
        }

        await LetGoAsync(locked, stand => Missed(
            stand, () => errors.Unfit("somebody keeps the row of the election's term locked; end that transaction (pg_locks)")));
    }

    private void Settle(Stand stand, TermAnswer answer, long aliveUntil, long anchor)
    {
        switch (answer)
        {
            case TermAnswer.Taken taken:
                var endsAt = anchor + stand.Candidacy.LeaseDuration.ToTicksOf(clock);
                var term = new Term(stand.Candidacy.Election, stand.Candidacy.Id, taken.Token);
                var seat = new SharedSeat(stand.Candidacy, stand.Key, term, endsAt, slot) { GivenBack = taken.GivenBack };
                _kept.Remove(stand);
                _endAt = Math.Min(_endAt, endsAt);
                orders.Add(seat);
                Settle(stand, () => lines.Granted(stand, seat, anchor));
                break;
            case TermAnswer.Outlast last:
                // The lock is kept meanwhile, so that nobody else has to wait it out again.
                _kept[stand] = new Wait(clock.After(last.Left), last.Token);
                _underWay.Remove(stand);
                break;
            default:
                _kept[stand] = new Wait(aliveUntil, stand.Outlasted);
                _underWay.Remove(stand);
                break;
        }
    }

    private async Task LetGoAsync(List<Stand> stands, Action<Stand> tell)
    {
        if (stands.Count == 0)
            return;
        await UnlockSoonAsync(stands);
        foreach (var stand in stands)
        {
            _kept.Remove(stand);
            // Without the lock another may lead before this one stands again: a term of that which the server loses is to be waited out, too.
            stand.Outlasted = 0;
            Settle(stand, () => tell(stand));
        }
    }

    private void Missed(Stand stand, Func<Exception> reason)
    {
        if (++stand.Missed < MostMissed)
            lines.Again(stand, clock.After(BusyPause));
        else
            lines.Failed(stand, reason());
    }

    private static bool MeansBusy(PostgresException exception) => exception.SqlState is PostgresErrorCodes.LockNotAvailable
        or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    private void Settle(Stand stand, Action tell)
    {
        _underWay.Remove(stand);
        tell();
    }

    private async Task IdleAsync()
    {
        var until = Math.Min(Math.Min(_beatAt, _endAt), _kept.Count == 0 ? long.MaxValue : _kept.Values.Min(k => k.Until));
        if (orders.Owes)
            until = Math.Min(until, _unlockAt);
        await session.IdleAsync(orders.Told, clock.Until(until), clock);
    }

    /// <summary>Until when a lock is held without a term, and which term is outlasted then.</summary>
    private readonly record struct Wait(long Until, long Outlasts);
}
