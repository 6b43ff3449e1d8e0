using AspireElection.Stores.Redis;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A server whose seat is a record with an end, as in Redis: taken when it is absent, renewed and released by the exact
/// term, and reserved for one successor for a while when it is released. The steps are those of the scripts.
/// </summary>
internal sealed class LeaseServer(History history, double rate) : Server(history, rate)
{
    private const int Head = 8;

    private readonly List<LeaseClient> _clients = [];
    private LeaseData _data = new(history);

    public MemberRows Members => _data.Members;

    public Ledger Ledger => _data.Ledger;

    private WorldMistake Mistake => History.Mistake;

    public override long? LeaseLeft(Term term) =>
        _data.Kind == SeatKind.Held && _data.Token == term.Token && _data.Holder == term.Candidate.ToString() && _data.EndsAt > Now ? InTrueTime(_data.EndsAt - Now) : null;

    public override IElectionStore NewClient(Line line)
    {
        var client = new LeaseClient(this, line, History.Plan);
        _clients.Add(client);
        return client;
    }

    public override void Wipe()
    {
        History.StoreBrokeItsWord("wiped", told: false, losesTerm: true);
        _data = new LeaseData(History);
        History.Forgot();
    }

    public override void Disconnected(Line line)
    {
        foreach (var client in _clients.Where(c => c.Owner == line))
            client.Subscriptions.Forget();
        if (!line.Host.IsAlive)
            _clients.RemoveAll(c => c.Owner == line);
    }

    /// <summary>Takes the seat for a candidate, or puts it in line and answers with what it has to wait for.</summary>
    public (long Granted, SeatState? State) Acquire(string me, Candidacy candidacy, IReadOnlyList<long> known, long orphan)
    {
        Expire();
        var d = _data;
        var mine = (d.Kind == SeatKind.Reserved && d.Holder == me) ||
            (orphan != 0 && d.Kind == SeatKind.Held && d.Token == orphan && d.Holder == me);
        var over = known.All(k => d.Released == k || (d.First != 0 && d.First <= k && d.Released > k)) ||
            Mistake == WorldMistake.NoWipeGuard;
        if (!over || !(mine || d.Kind == SeatKind.Free))
        {
            d.Line[me] = candidacy.Priority;
            return (0, State());
        }

        var token = Mistake == WorldMistake.TokenFromAWipedCounter
            ? d.LastToken + 1
            : FencingToken.Next(Math.Max(d.LastToken, d.Ledger.Token), Math.Max(candidacy.HighestToken, orphan), Microseconds);
        (d.Kind, d.Holder, d.Token, d.LastToken, d.EndsAt) = (SeatKind.Held, me, token, token, Now + candidacy.LeaseDuration.Ticks);
        (d.Address, d.Since, d.Lease) = (candidacy.Address, UtcNow, candidacy.LeaseDuration);
        if (d.First == 0)
            d.First = token;
        d.Line.Remove(me);
        d.Ledger.Pass(token, me);
        History.Granted(me, token, known);
        TellNews();
        return (token, null);
    }

    public bool Renew(Term term, TimeSpan lease)
    {
        Expire();
        var holds = _data.Kind == SeatKind.Held && _data.Holder == term.Candidate.ToString() && _data.Token == term.Token;
        if (!holds && !(Mistake == WorldMistake.RenewWithoutComparing && _data.Kind == SeatKind.Held))
            return false;
        _data.EndsAt = Now + lease.Ticks;
        TellNews();
        return true;
    }

    public bool Release(Term term)
    {
        Expire();
        var holds = _data.Kind == SeatKind.Held && _data.Holder == term.Candidate.ToString() && _data.Token == term.Token;
        if (Mistake == WorldMistake.ReleaseByHolderOnly)
            holds = _data.Kind == SeatKind.Held && _data.Holder.StartsWith(term.Candidate.NodeId + "#", StringComparison.Ordinal);
        if (!holds)
            return false;
        _data.Released = _data.Token;
        History.Released(_data.Token);
        PassOn();
        return true;
    }

    public bool Withdraw(string me)
    {
        Expire();
        _data.Line.Remove(me);
        if (_data.Kind == SeatKind.Reserved && _data.Holder == me)
            PassOn();
        return true;
    }

    public SeatState Look()
    {
        Expire();
        return State();
    }

    public IReadOnlyList<Member> Beat(Member self, bool stands)
    {
        Expire();
        var me = self.Id.ToString();
        if (stands && !(_data.Kind != SeatKind.Free && _data.Holder == me))
            _data.Line[me] = self.Priority;
        return _data.Members.Beat(self, UtcNow);
    }

    public bool Leave(CandidateId id)
    {
        _data.Members.Remove(id);
        return Withdraw(id.ToString());
    }

    protected override void Stopped(bool losesData)
    {
        foreach (var client in _clients)
            client.Subscriptions.Forget();
        if (!losesData)
            return;
        History.StoreBrokeItsWord("restarted empty", losesTerm: true);
        _data = new LeaseData(History);
        History.Forgot();
    }

    private void Expire()
    {
        if (_data.Kind != SeatKind.Free && Now >= _data.EndsAt)
            (_data.Kind, _data.Holder) = (SeatKind.Free, string.Empty);
    }

    /// <summary>The seat goes to the best waiter that hears of it.</summary>
    private void PassOn()
    {
        var grace = TimeSpan.FromMilliseconds(Math.Max(1, Math.Floor(Math.Min(_data.Lease.TotalMilliseconds / 4, 250))));
        (_data.Kind, _data.Holder) = (SeatKind.Free, string.Empty);
        if (Mistake == WorldMistake.HandOverToEveryone)
        {
            foreach (var waiter in Ranked())
                Turn(waiter);
            TellNews();
            return;
        }

        while (Ranked().FirstOrDefault() is { } best)
        {
            _data.Line.Remove(best);
            if (!Turn(best))
                continue;
            (_data.Kind, _data.Holder, _data.EndsAt) = (SeatKind.Reserved, best, Now + grace.Ticks);
            break;
        }

        TellNews();
    }

    /// <summary>Tells a waiter that it is its turn; false when nobody listens.</summary>
    private bool Turn(string waiter)
    {
        var heard = false;
        foreach (var client in _clients)
        {
            if (!client.Subscriptions.Contains(waiter))
                continue;
            heard = true;
            client.Owner.Tell(() => client.HearTurn(waiter));
        }

        return heard;
    }

    private void TellNews()
    {
        _data.Number++;
        var state = State();
        foreach (var client in _clients)
        {
            if (client.Subscriptions.Any)
                client.Owner.Tell(() => client.HearNews(state));
        }
    }

    private SeatState State() => new(
        _data.Kind,
        _data.Kind == SeatKind.Free ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, (_data.EndsAt - Now) / TimeSpan.TicksPerMillisecond)),
        _data.Kind == SeatKind.Held ? _data.Token : _data.LastToken,
        _data.Holder,
        _data.Address,
        _data.Since,
        _data.Lease,
        _data.Released,
        _data.Number,
        _data.Line.Count,
        _data.Line.Count == 0 ? [] : [.. Ranked().Take(Head)]);

    private IEnumerable<string> Ranked() => _data.Line.OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal).Select(w => w.Key);
}
