using System.Text;
using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Tests.Simulation.Histories;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>
/// The candidate above the protocol, as the real one behaves: it stands, trusts from the anchor for the lease less a
/// margin, renews, gives way to a better one, and gives back what it no longer trusts in.
/// </summary>
internal sealed class SeatHolder(RaftHistory history, RaftNode node, Dice dice)
{
    private bool _wants = node.Plan.Stands;
    private int _priority = node.Plan.Priority;
    private bool _standing;
    private string _holder = string.Empty;
    private long _pausedUntil;
    private TimeSpan _standAt;
    private TimeSpan _renewAt;
    private TimeSpan _electedAt;
    private TimeSpan _trustedUntil;
    private bool _deposed;
    private long _term;
    private long _released;
    private long _lost;

    public bool Wants => _wants;

    /// <summary>Whether it stands in line.</summary>
    public bool Stands => _standing;

    public int Priority => _priority;

    /// <summary>When this node's trust ends if nothing more is confirmed; in true time.</summary>
    public long TrueTrustEnd => _term == 0 ? 0 : node.TrueTime(_trustedUntil);

    public long Term => _term;

    /// <summary>The last term that was given back.</summary>
    public long Released => _released;

    public TimeSpan WakeAt
    {
        get
        {
            if (_term != 0 && _deposed)
                return _trustedUntil;
            if (_term != 0)
                return _renewAt < _trustedUntil ? _renewAt : _trustedUntil;
            return _wants && !_standing ? _standAt : TimeSpan.MaxValue;
        }
    }

    private TimeSpan Lease => TimeSpan.FromTicks(node.Plan.Lease);

    private TimeSpan Pause => history.Plan.IsCalm ? TimeSpan.FromMilliseconds(50) : Lease / 10;

    private TimeSpan Trust => Lease - (Lease / 10);

    public void Start(TimeSpan now, int life)
    {
        _holder = $"{node.Plan.Id}#{life}";
        _standing = false;
        _lost = 0;
        _standAt = now + (Pause * dice.NextDouble());
        _released = 0;
    }

    public void Crash()
    {
        _standing = false;
        (_term, _deposed) = (0, false);
    }

    public void PauseUntil(long end) => _pausedUntil = end;

    public void Leave(TimeSpan now)
    {
        _wants = false;
        _standing = false;
        Resign(now, holdOff: false);
        node.Raft.Withdraw(now);
    }

    public void Return(TimeSpan now)
    {
        _wants = true;
        _standAt = now;
    }

    public void SetPriority(TimeSpan now, int priority)
    {
        _priority = priority;
        if (_standing)
            Stand(now);
    }

    public void Resign(TimeSpan now, bool holdOff)
    {
        if (_term == 0)
            return;
        End(now);
        if (holdOff)
            _standAt = now + (history.Plan.IsCalm ? Pause * (dice.NextDouble() * 6) : Lease);
    }

    public void Run(TimeSpan now)
    {
        if (_wants && !_standing && _term == 0 && now >= _standAt)
        {
            // Its own term of before, in which it no longer trusts, is in its way.
            node.Raft.Transfer(now, node.Raft.Term);
            // Nor does it trust any more in one that another's higher term took.
            node.Raft.Disown(now, _lost);
            Stand(now);
        }

        if (_term == 0)
            return;
        if (_deposed)
        {
            if (now >= _trustedUntil)
                EndLost(now);
            return;
        }

        if (now >= _trustedUntil)
        {
            End(now, release: dice.Hits(0.5));
            return;
        }

        if (now < _renewAt || history.Now < _pausedUntil)
            return;
        _renewAt = now + (Trust / 3);
        if (node.Raft.Beat(now, _term, Lease) == 0)
            End(now);
        else if (now - _electedAt > Lease && node.Raft.Line is [{ } best, ..] && best.Priority > _priority)
            End(now);
    }

    public void Hear(TimeSpan now, RaftEvent happened)
    {
        switch (happened)
        {
            case Elected elected:
                Take(now, elected);
                break;
            case RoundConfirmed round when round.Lease > TimeSpan.Zero:
                if (round.Term == _term && !_deposed && now < _trustedUntil && round.SentAt + round.Lease - (Lease / 10) is var until && until > _trustedUntil)
                    _trustedUntil = until;
                break;
            case Lost lost when lost.Term == _term:
                // The real one trusts on until its next renewal is answered, or its thread has its turn: never beyond its lease.
                _deposed = true;
                _trustedUntil = now + (_trustedUntil > now ? LongestAfterLoss(_trustedUntil - now) * dice.NextDouble() : TimeSpan.Zero);
                break;
        }
    }

    private void Take(TimeSpan now, Elected elected)
    {
        _standing = false;
        Assert.Equal(_holder, Encoding.UTF8.GetString(elected.Holder));
        if (elected.AnchoredAt + Trust <= now || !_wants)
        {
            Release(now, elected.Term);
            _standAt = now + Pause;
            return;
        }

        _term = elected.Term;
        _electedAt = now;
        _trustedUntil = elected.AnchoredAt + Trust;
        _renewAt = now + (Trust / 3);
        history.Check.Trusted(node, elected.Term);
    }

    private void Stand(TimeSpan now)
    {
        _standing = true;
        node.Raft.Stand(now, new Standing(_priority, Lease, Encoding.UTF8.GetBytes(_holder))
        {
            Name = node.Plan.Id,
            AtLeast = Math.Max(
                // It has seen higher tokens than the log knows of.
                dice.Hits(0.1) ? node.Raft.Term + dice.Next(5) : 0,
                // Or it counts by its wall clock, as the store does: then hardly any term is the one before and one more.
                history.Plan.TermsAreTimes ? (now.Ticks - node.Plan.Origin) / TimeSpan.TicksPerMicrosecond : 0),
        });
    }

    /// <summary>Trust ends first, the seat is given back after that.</summary>
    private void End(TimeSpan now, bool release = true)
    {
        var term = _term;
        (_term, _deposed) = (0, false);
        _standAt = now + (release ? TimeSpan.Zero : Lease * dice.NextDouble());
        if (release)
            Release(now, term);
    }

    /// <summary>Where little goes wrong it is told soon; the others wait for it, as they must.</summary>
    private TimeSpan LongestAfterLoss(TimeSpan left) => history.Plan.IsCalm && left > Pause ? Pause : left;

    private void EndLost(TimeSpan now)
    {
        (_lost, _term, _deposed) = (_term, 0, false);
        _standAt = now + Pause;
    }

    private void Release(TimeSpan now, long term)
    {
        // Lost meanwhile: it is given back all the same.
        node.Raft.Disown(now, term);
        if (!node.Raft.Transfer(now, term))
            return;
        _released = term;
        // A renewal that was under way when the seat was given back, and a second release of the same term.
        if (node.Raft.Beat(now, term, Lease) != 0 || node.Raft.Transfer(now, term))
            throw new RaftFailure("ReleasedTerm", $"{node.Plan.Id} can still renew term {term}, which it gave back");
    }
}
