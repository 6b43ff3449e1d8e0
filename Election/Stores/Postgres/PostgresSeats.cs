using System.Collections.Concurrent;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>The seats that the candidates of one store hold or wait for, each with a session of its own.</summary>
internal sealed class PostgresSeats(
    ConnectionSettings settings, PoolerCheck poolers, PostgresSchema schema, TermMarks marks, LineListeners listeners,
    PostgresErrors errors, TimeProvider clock)
    : IPostgresSeats
{
    private static readonly TimeSpan TellLimit = TimeSpan.FromSeconds(1);

    /// <summary>For how long observers are left alone after a grant: the new leader has a few steps to go.</summary>
    private static readonly TimeSpan Taking = TimeSpan.FromMilliseconds(5);

    /// <summary>How often a candidate may miss its turn before the server is said to be unfit.</summary>
    private const int Turns = 10;

    private readonly ConcurrentDictionary<Term, HeldSeat> _held = new();
    private readonly BrokenWaits _broken = new(clock);
    private readonly CancellationTokenSource _closing = new();

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(PostgresStore));
        await CloseOrphansAsync(candidacy);
        _broken.Remind(candidacy);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            ending.Token.ThrowIfCancellationRequested();
            await schema.EnsureAsync(ending.Token);
            for (var turn = 1; ; turn++)
            {
                if (await StandAsync(candidacy, mayMiss: turn < Turns, ending.Token) is { } grant)
                    return grant;
            }
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception) when (PostgresErrors.AreOfServer(exception))
        {
            if (exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable })
                schema.Forget();
            throw errors.Unavailable(exception);
        }
    }

    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (!_held.TryGetValue(term, out var seat))
            return RenewAnswer.Lost;
        if (leaseDuration > seat.Lease)
        {
            // Before the server keeps the session for longer: who waits out the term must not be told too little.
            await marks.LongerLeaseAsync(term, leaseDuration, cancellationToken);
            seat.Lease = leaseDuration;
        }

        return await seat.RenewAsync(leaseDuration, cancellationToken);
    }

    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        if (!_held.TryRemove(term, out var seat))
            return;
        await seat.ReleaseAsync();
        await TellAsync(term, TimeSpan.Zero);
    }

    /// <summary>Ends all waiting, and closes every session and with it every seat.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        foreach (var seat in _held.Values)
            await seat.CloseAsync();
    }

    /// <summary>
    /// Waits in line with a session of its own; null when the turn was missed, because this process was held up for
    /// longer than the grace in which the server waits for who was granted the lock.
    /// </summary>
    private async Task<Grant?> StandAsync(Candidacy candidacy, bool mayMiss, CancellationToken cancellationToken)
    {
        var session = await LockSession.OpenAsync(settings, poolers, errors, candidacy, listeners, cancellationToken);
        var kept = false;
        try
        {
            Rehearse(session, candidacy);
            Grant grant;
            await using (cancellationToken.UnsafeRegister(static s => ((LockSession)s!).Abort(), session))
                grant = await new LineWait(session, candidacy, errors, clock).WaitAsync();
            cancellationToken.ThrowIfCancellationRequested();
            kept = true;
            var seat = new HeldSeat(session, candidacy, grant.Term, clock, errors, over => _held.TryRemove(over.Term, out _));
            _held[grant.Term] = seat;
            seat.Start();
            AfterGrant(candidacy, grant.Term);
            return grant with { ReleaseNears = seat.ReleaseNears };
        }
        catch (NpgsqlException) when (mayMiss && session is { WasGranted: true, IsOpen: false } && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception) when (PostgresErrors.AreOfServer(exception) && session is { WasGranted: false, IsOpen: false })
        {
            _broken.BrokeOff(candidacy);
            throw;
        }
        finally
        {
            if (!kept)
            {
                listeners.Members.Left(candidacy);
                await session.DisposeAsync();
            }
        }
    }

    /// <summary>Goes through what is done between the grant and the answer, without any effect: what runs for the first time is compiled first.</summary>
    private void Rehearse(LockSession session, Candidacy candidacy)
    {
        var none = new Term(candidacy.Election, candidacy.Id, 0);
        _ = new HeldSeat(session, candidacy, none, clock, errors, static _ => { });
        _held.TryRemove(none, out _);
    }

    /// <summary>What nobody waits for; on another thread, because the new leader waits for this one.</summary>
    private void AfterGrant(Candidacy candidacy, Term term) => _ = Task.Run(() =>
    {
        listeners.Members.Left(candidacy);
        return TellAsync(term, Taking);
    });

    private async Task TellAsync(Term term, TimeSpan after)
    {
        try
        {
            await Task.Delay(after, clock, _closing.Token);
            await marks.TellAsync(term, _closing.Token).WaitAsync(TellLimit, clock, _closing.Token);
        }
        catch (Exception)
        {
            // Whatever it was (a server that is gone, a store that is closed): observers look by themselves, a little later.
        }
    }

    /// <summary>A new campaign of the same incarnation has given its earlier term up: closing the session frees the seat.</summary>
    private async Task CloseOrphansAsync(Candidacy candidacy)
    {
        foreach (var orphan in _held.Values.Where(s => s.Term.Election == candidacy.Election && s.Term.Candidate == candidacy.Id))
            await orphan.CloseAsync();
    }
}
