using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>One candidate's wait for the seat, as in the etcd store: a key with a lease, and a watch on the key before it.</summary>
internal sealed class QueueWait(QueueClient client, QueueServer server, TimeProvider clock, QueueNews news, Candidacy candidacy, WorldMistake mistake)
{
    private readonly Bell _bell = new(clock, candidacy.LeaseDuration / 10);
    private readonly TimeSpan _bound = LeaseClient.BoundOf(candidacy.LeaseDuration);
    private readonly long _seconds = QueueClient.SecondsOf(candidacy.LeaseDuration);
    private readonly HashSet<string> _madeWayFor = [];
    private long _lease;
    private string _key = string.Empty;
    private long _created;
    private long _keptAt;
    private long _guardEnd;
    private long _linedUpAt;
    private bool _rung;
    private QueueTerm? _attempt;

    public async ValueTask<(QueueTerm Term, long Anchor)> AcquireAsync(CancellationToken cancellationToken)
    {
        _bell.OnRing = () => _rung = true;
        news.Listen(_bell);
        var granted = false;
        try
        {
            _keptAt = _linedUpAt = clock.GetTimestamp();
            _lease = await client.AskBoundedAsync("grant a lease", () => server.Grant(_seconds), _bound, cancellationToken);
            _key = $"sim/{_lease:x}";
            var look = await JoinAsync(cancellationToken);
            while (true)
            {
                if (Named(look) is { } named)
                {
                    granted = true;
                    return (named, Anchor);
                }

                if (look.Line.LastOrDefault(p => p.Created < _created) is { } before)
                {
                    await WaitBehindAsync(before, cancellationToken);
                    if (mistake == WorldMistake.MessageIsAGrant && news.TermOf(_key, _created) is { } believed)
                    {
                        granted = true;
                        return (believed, clock.GetTimestamp());
                    }

                    if (news.GivenBackBy(before) is { } released && (mistake == WorldMistake.NoWipeGuard || news.Blocks(candidacy, released) is null))
                    {
                        if (await FollowAsync(released, look, cancellationToken) is { } found)
                        {
                            look = found;
                            continue;
                        }

                        granted = true;
                        return (_attempt!, Anchor);
                    }

                    look = await ConfirmAsync(cancellationToken);
                }
                else if (MakesWay(look))
                    look = await GoBehindAsync(look, cancellationToken);
                else if (await BlockedUntilAsync(look, cancellationToken) is { } until)
                    look = await WaitUntilAsync(until, cancellationToken);
                else if (await TakeAsync(look, cancellationToken))
                {
                    granted = true;
                    return (_attempt!, Anchor);
                }
                else
                    look = await LookAsync(cancellationToken);
            }
        }
        finally
        {
            news.StopListening(_bell);
            if (!granted && _lease != 0)
                _ = LeaveAsync();
        }
    }

    /// <summary>The term that the leader before has begun for this candidate; null also where it must not be.</summary>
    private QueueTerm? Named(QueueLook look)
    {
        if (look.Term is not { Released: false } term || term.Key != _key || term.Created != _created || term.Holder != candidacy.Id || look.Line[0].Key != _key)
            return null;
        if (mistake != WorldMistake.TokenFromAWipedCounter && term.Token < candidacy.HighestToken)
            return null;
        var known = news.Blocks(candidacy, term)?.Token ?? 0;
        if (known != 0 && mistake != WorldMistake.NoWipeGuard)
            return null;
        server.Took(term, known);
        return term;
    }

    /// <summary>Looks, and keeps the lease beside: the anchor of a term is the sending of both.</summary>
    private async Task<QueueLook> ConfirmAsync(CancellationToken cancellationToken)
    {
        var sentAt = clock.GetTimestamp();
        var looking = client.LookAsync("look", server.Look, _bound, cancellationToken);
        var keeping = TryKeepAsync(cancellationToken);
        var look = WithOwn(Hear(await looking));
        if (await keeping)
            _keptAt = sentAt;
        else
            await KeepAsync(cancellationToken);
        return look;
    }

    private long Anchor => mistake == WorldMistake.AnchorIsBeforeTheWait ? _linedUpAt : _keptAt;

    private async Task<QueueLook> JoinAsync(CancellationToken cancellationToken)
    {
        var look = Hear(await client.LookAsync("join", () => server.Join(_key, candidacy, _lease, _seconds), _bound, cancellationToken));
        foreach (var orphan in look.Line.Where(p => p.Candidate == candidacy.Id && p.Key != _key).ToArray())
        {
            await client.AskBoundedAsync("delete a key", () => server.Delete(orphan.Key), _bound, cancellationToken);
            look = Hear(await client.LookAsync("look", server.Look, _bound, cancellationToken));
        }

        return WithOwn(look);
    }

    private async Task<QueueLook> LookAsync(CancellationToken cancellationToken) =>
        WithOwn(Hear(await client.LookAsync("look", server.Look, _bound, cancellationToken)));

    private QueueLook WithOwn(QueueLook look)
    {
        _created = look.Line.FirstOrDefault(p => p.Key == _key)?.Created ?? throw new StoreUnavailableException("the lease has ended");
        return look;
    }

    private QueueLook Hear(QueueLook look)
    {
        news.Hear(look);
        if (news.Sighting is { } seen && (seen.Leader is not null || seen.Released))
            candidacy.Saw(seen);
        return look;
    }

    /// <summary>Until the key before is gone, or its leader is told to have given it back.</summary>
    private async Task WaitBehindAsync(QueuePlace before, CancellationToken cancellationToken)
    {
        var watch = client.Watch(before.Key, before.Created, _bell.Ring);
        try
        {
            while (!watch.IsGone && !watch.HasEnded && !news.HasPassed(before) && !IsTold(before))
                await WaitAsync(long.MaxValue, cancellationToken);
            if (watch is { HasEnded: true, IsGone: false } && !IsTold(before))
            {
                var retryAt = clock.After(candidacy.RetryPeriod);
                while (clock.GetTimestamp() < retryAt)
                    await WaitAsync(retryAt, cancellationToken);
            }
        }
        finally
        {
            client.Forget(watch);
        }
    }

    private bool IsTold(QueuePlace before) => news.GivenBackBy(before) is not null || news.TermOf(_key, _created) is not null;

    /// <summary>Takes the term of who stood right before and has given its place back, and keeps the lease beside it.</summary>
    /// <returns>Null when it was taken, else what is there instead.</returns>
    private async Task<QueueLook?> FollowAsync(QueueTerm released, QueueLook look, CancellationToken cancellationToken)
    {
        var attempt = _attempt = NewTerm(look, released);
        var known = news.Blocks(candidacy, released)?.Token ?? 0;
        var sentAt = clock.GetTimestamp();
        var taking = client.AskBoundedAsync(
            "follow the leader", () => server.Follow(attempt, released, candidacy.Priority, known), _bound, cancellationToken);
        var keeping = TryKeepAsync(cancellationToken);
        var found = await taking;
        if (await keeping)
            _keptAt = sentAt;
        else
            await KeepAsync(cancellationToken);
        return found is null ? null : WithOwn(Hear(found with { AskedAt = sentAt }));
    }

    private async Task<bool> TryKeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.AskBoundedAsync("keep alive", () => server.KeepAlive(_lease), _bound, cancellationToken);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or OperationCanceledException)
        {
            // The other request decides.
            return false;
        }
    }

    private async Task<QueueLook> WaitUntilAsync(long until, CancellationToken cancellationToken)
    {
        while (clock.GetTimestamp() < until)
            await WaitAsync(until, cancellationToken);
        return await ConfirmAsync(cancellationToken);
    }

    private async Task WaitAsync(long until, CancellationToken cancellationToken)
    {
        var keepAt = _keptAt + (candidacy.LeaseDuration * 0.6).ToTicksOf(clock);
        await _bell.WaitAsync(() => _rung ? long.MinValue : Math.Min(until, keepAt), cancellationToken);
        _rung = false;
        if (clock.GetTimestamp() >= keepAt)
            await KeepAsync(cancellationToken);
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        var sentAt = clock.GetTimestamp();
        if (!await client.AskBoundedAsync("keep alive", () => server.KeepAlive(_lease), _bound, cancellationToken))
            throw new StoreUnavailableException("the lease has ended");
        _keptAt = sentAt;
    }

    private bool MakesWay(QueueLook look)
    {
        var best = look.Line.Where(p => p.Priority > candidacy.Priority).MaxBy(p => _madeWayFor.Contains(p.Key) ? int.MinValue : p.Priority);
        return best is not null && _madeWayFor.Add(best.Key);
    }

    private async Task<QueueLook> GoBehindAsync(QueueLook look, CancellationToken cancellationToken)
    {
        var unwanted = look.Term is { Released: false } term && term.Key == _key && term.Created == _created ? term : null;
        await client.AskBoundedAsync("delete a key", () => unwanted is null ? server.Delete(_key) : server.Release(unwanted), _bound, cancellationToken);
        return await JoinAsync(cancellationToken);
    }

    private async Task<long?> BlockedUntilAsync(QueueLook look, CancellationToken cancellationToken)
    {
        if (mistake != WorldMistake.NoWipeGuard && news.Blocks(candidacy, look.Term) is { } known)
            return known.Until;
        if (look.Term is not { Released: false } last || last.Holder == candidacy.Id || last.Lease == _lease ||
            !await client.AskBoundedAsync("time to live", () => server.Lives(last.Lease), _bound, cancellationToken))
        {
            return null;
        }

        // No renewal succeeds without the key, so its trust ends within a lease, however long its lease is kept.
        if (_guardEnd == 0)
            _guardEnd = clock.After(TimeSpan.FromSeconds(last.Seconds));
        return clock.GetTimestamp() < _guardEnd ? Math.Min(_guardEnd, clock.After(candidacy.RetryPeriod)) : null;
    }

    private async Task<bool> TakeAsync(QueueLook look, CancellationToken cancellationToken)
    {
        var attempt = _attempt = NewTerm(look, look.Term);
        var known = news.Blocks(candidacy, look.Term)?.Token ?? 0;
        return await client.AskBoundedAsync("take the term", () => server.Take(attempt, look.TermModified, known), _bound, cancellationToken);
    }

    private QueueTerm NewTerm(QueueLook look, QueueTerm? last)
    {
        var own = look.Line.First(p => p.Key == _key);
        var least = last is null ? own.Created : last.Token + Math.Max(1, own.Created - last.Created);
        var token = mistake == WorldMistake.TokenFromAWipedCounter ? least : FencingToken.Next(least - 1, candidacy.HighestToken, news.Microseconds);
        return new QueueTerm(
            token, candidacy.Id, candidacy.Address, clock.GetUtcNow(), _key, _created, _lease, _seconds, last?.First ?? token, Released: false);
    }

    private async Task LeaveAsync()
    {
        var second = TimeSpan.FromSeconds(1);
        try
        {
            if ((news.TermOf(_key, _created) ?? _attempt) is { } attempt)
                await client.AskBoundedAsync("release", () => server.Release(attempt), _bound < second ? _bound : second, CancellationToken.None);
            await client.AskBoundedAsync("revoke", () => server.Revoke(_lease), second, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // Nobody keeps the lease any more.
        }
    }
}
