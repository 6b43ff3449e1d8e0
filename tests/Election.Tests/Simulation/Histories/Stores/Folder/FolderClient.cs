using System.Globalization;
using System.Runtime.CompilerServices;
using AspireElection.Stores.Files;
using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What the file store does with its folder, one operation after the other.</summary>
internal sealed class FolderClient(FolderServer server, Line line, History history)
    : StoreClient(line, () => server.Members, () => server.Ledger, () => server.UtcNow)
{
    private static readonly TimeSpan s_forEver = Timeout.InfiniteTimeSpan;
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromMilliseconds(250);

    private readonly List<Doorbell> _bells = [];
    private readonly List<string> _places = [];
    private FolderTerm _last = new(0, null, 0);
    private Task _rewriting = Task.CompletedTask;

    public override string Kind => "file";

    public Line Owner => Line;

    public override async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{(long)int.MaxValue - candidacy.Priority:D10}~{candidacy.Id.NodeId}~{candidacy.Id.Incarnation}");
        var bell = new Doorbell(Clock, candidacy.LeaseDuration / 10);
        _bells.Add(bell);
        _places.Add(place);
        try
        {
            while (true)
            {
                await DoAsync("enter the line", () => server.Enter(place, this), cancellationToken);
                var last = await LookAsync(cancellationToken);
                if (last.Record is { Released: false } held)
                    candidacy.Saw(new Sighting(held.Leader, EndOf(last, candidacy.LeaseDuration)));
                var mayTry = await MayTryAtAsync(last, place, candidacy, cancellationToken);
                if (mayTry <= Clock.GetTimestamp())
                {
                    if (await TryTakeAsync(last, candidacy) is { } grant)
                        return grant;
                    mayTry = Clock.After(TurnOf(candidacy.LeaseDuration) / 10);
                }

                await bell.WaitAsync(Math.Min(mayTry, Clock.After(candidacy.RetryPeriod)), cancellationToken);
            }
        }
        finally
        {
            _bells.Remove(bell);
            _places.Remove(place);
            _ = LeaveLineAsync(place);
        }
    }

    public override async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        await AloneAsync(() => RewriteAsync(term, r => r with { Lease = leaseDuration })) ? RenewAnswer.Renewed : RenewAnswer.Lost;

    public override async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        var best = (await DoAsync("list the line", server.Line, cancellationToken)).Waiters.FirstOrDefault();
        if (await AloneAsync(() => RewriteAsync(term, r => r with { Released = true, Successor = best })))
            history.Released(term.Token);
    }

    public override async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bell = new Doorbell(Clock, TimeSpan.FromSeconds(1));
        _bells.Add(bell);
        FolderTerm? told = null;
        try
        {
            while (true)
            {
                var last = await LookAsync(cancellationToken);
                if (told is null || (!last.SameAs(told) && (last.Number == 0 || last.Record is not null)))
                {
                    told = last;
                    yield return last.Record is { Released: false } held
                        ? new Sighting(held.Leader, EndOf(last, held.Lease))
                        : new Sighting(null, last.SeenAt, last.Record is not null);
                }

                var period = (last.Record?.Lease ?? TimeSpan.FromSeconds(1)) / 5;
                await bell.WaitAsync(Clock.After(period < TimeSpan.FromSeconds(1) ? period : TimeSpan.FromSeconds(1)), cancellationToken);
            }
        }
        finally
        {
            _bells.Remove(bell);
        }
    }

    /// <summary>Whether somebody here stands at that place: its file is locked so long.</summary>
    public bool Keeps(string place) => _places.Contains(place);

    public void HearChange()
    {
        foreach (var bell in _bells.ToArray())
            bell.Ring();
    }

    private async Task<FolderTerm> LookAsync(CancellationToken cancellationToken)
    {
        var number = await DoAsync("list the terms", server.Highest, cancellationToken);
        var record = number == 0 ? null : await DoAsync("read the term", () => server.Read(number), cancellationToken);
        // The time is taken after the reading: a lease counts from when the version was surely written.
        var last = new FolderTerm(number, record, Clock.GetTimestamp());
        return last.SameAs(_last) ? _last : _last = last;
    }

    private async Task<long> MayTryAtAsync(FolderTerm last, string place, Candidacy candidacy, CancellationToken cancellationToken)
    {
        var (waiters, tokens) = await DoAsync("list the line", server.Line, cancellationToken);
        var known = EndOfKnownTerm(last, candidacy, tokens);
        if (last.Number == 0)
            return known;
        var turn = TurnOf(last.Record?.Lease ?? candidacy.LeaseDuration);
        if (last.Record is { Released: true } released)
        {
            if (released.Successor == place)
                return Math.Max(known, last.SeenAt);
            var reserved = released.Successor is { } successor && waiters.Contains(successor) ? turn : TimeSpan.Zero;
            return Math.Max(known, InTurn(last.SeenAt + reserved.ToTicksOf(Clock), released.Successor));
        }

        return Math.Max(known, InTurn(EndOf(last, candidacy.LeaseDuration), null));

        long InTurn(long earliest, string? except) => Clock.GetTimestamp() < earliest
            ? earliest
            : earliest + (waiters.TakeWhile(w => string.CompareOrdinal(w, place) < 0).Count(w => w != except) * (turn / 5)).ToTicksOf(Clock);
    }

    private long EndOfKnownTerm(FolderTerm last, Candidacy candidacy, long[] tokens)
    {
        if (candidacy.LastSeen is not { Leader: { } leader, Released: false } seen || seen.EndsAt <= Clock.GetTimestamp())
            return long.MinValue;
        var own = leader.NodeId == candidacy.Id.NodeId && leader.Incarnation == candidacy.Id.Incarnation;
        return own || last.Record?.Token == leader.Term || tokens.Contains(leader.Term) ? long.MinValue : seen.EndsAt;
    }

    private async Task<Grant?> TryTakeAsync(FolderTerm last, Candidacy candidacy)
    {
        var anchor = Clock.GetTimestamp();
        var number = last.Number == 0 ? TermFiles.FirstNumber(candidacy.HighestToken, Clock.GetUtcNow()) : last.Number + 1;
        if (last.Number == 0 && await DoAsync("list the terms", server.Highest, CancellationToken.None) != 0)
            return null;
        if (!await DoAsync("create the term", () => server.Create(number), CancellationToken.None))
            return null;
        var stored = await DoAsync("read the tokens", server.HighestToken, CancellationToken.None);
        var now = Clock.GetUtcNow();
        var token = FencingToken.Next(stored, candidacy.HighestToken, (now - DateTimeOffset.UnixEpoch).Ticks / 10);
        var record = new TermRecord(1, token, candidacy.Id.NodeId, candidacy.Id.Incarnation, candidacy.Address, candidacy.LeaseDuration, now);
        await DoAsync("write the term", () => server.Fill(number, record), CancellationToken.None);
        var isUnchanged = last.Number == 0 || await DoAsync("read the last term", () => server.Says(last.Number, last.Record), CancellationToken.None);
        var wasRenewed = !isUnchanged && history.Mistake != WorldMistake.TakerLooksAtNothing;
        if (wasRenewed || !await DoAsync("list the terms", () => server.Highest() == number && (last.Number != 0 || server.IsOnly(number)), CancellationToken.None) ||
            !await DoAsync("read the term", () => server.Says(number, record), CancellationToken.None))
        {
            await DoAsync("withdraw the term", () => server.Withdraw(number, record), CancellationToken.None);
            return null;
        }

        history.Granted(candidacy.Id.ToString(), token, []);
        return new Grant(new Term(candidacy.Election, candidacy.Id, token), anchor);
    }

    private async Task<bool> RewriteAsync(Term term, Func<TermRecord, TermRecord> change)
    {
        var number = await DoAsync("list the terms", server.Highest, CancellationToken.None);
        if (await DoAsync("read the term", () => server.Read(number), CancellationToken.None) is not { } record || !record.IsHeldUnder(term))
            return false;
        await DoAsync("write the term", () => server.Write(number, change(record) with { Version = record.Version + 1 }), CancellationToken.None);
        return await DoAsync("list the terms", server.Highest, CancellationToken.None) == number || history.Mistake == WorldMistake.RenewalLooksAtNothing;
    }

    /// <summary>One after the other: a renewal that was given up must not overwrite the release after it.</summary>
    private async Task<bool> AloneAsync(Func<Task<bool>> rewrite)
    {
        var before = _rewriting;
        var done = new TaskCompletionSource();
        _rewriting = done.Task;
        try
        {
            await before;
            return await rewrite();
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>An operation of the file system has no bound.</summary>
    private Task<T> DoAsync<T>(string what, Func<T> operation, CancellationToken cancellationToken) =>
        AskAsync(what, operation, s_forEver, cancellationToken);

    private async Task LeaveLineAsync(string place)
    {
        try
        {
            await DoAsync("leave the line", () => server.Leave(place), CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The system unlocks it with the process.
        }
    }

    private long EndOf(FolderTerm last, TimeSpan ownLease) => last.SeenAt + (last.Record?.Lease ?? ownLease).ToTicksOf(Clock);

    private static TimeSpan TurnOf(TimeSpan lease) => lease / 4 < s_longestTurn ? lease / 4 : s_longestTurn;

    /// <summary>As the file store's: a ring before the wait ends it at once.</summary>
    private sealed class Doorbell(TimeProvider clock, TimeSpan slice)
    {
        private readonly Bell _bell = new(clock, slice);
        private bool _rung;

        public void Ring()
        {
            _rung = true;
            _bell.Ring();
        }

        public async ValueTask WaitAsync(long until, CancellationToken cancellationToken)
        {
            await _bell.WaitAsync(() => _rung ? long.MinValue : until, cancellationToken);
            _rung = false;
        }
    }

    private sealed record FolderTerm(long Number, TermRecord? Record, long SeenAt)
    {
        public bool SameAs(FolderTerm other) => Number == other.Number && Equals(Record, other.Record);
    }
}
