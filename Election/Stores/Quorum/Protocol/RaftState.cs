namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>
/// One peer of one group: Raft (extended version of the paper, 2014; Ongaro's thesis) without clock, network, disk or
/// thread. The driver calls one method at a time, with its monotonic time, and does what <see cref="TakeReady"/> says
/// before the next call.
/// </summary>
/// <remarks>
/// Beyond the paper: a follower promises the leader's lease with each leased round and votes for nobody until its end,
/// unless the leader itself gave the seat back; a leader sends heartbeats only when it is asked to
/// (<see cref="Beat"/>), so that a term ends when nobody renews it; only peers for which a candidacy waits stand.
/// </remarks>
internal sealed partial class RaftState
{
    private readonly RaftSettings _settings;
    private readonly Random _random;
    private readonly RaftLog _log;
    private readonly Eligibility _eligibility;
    private readonly LeasePromise _promise;
    private readonly WaitingPeers _waiting;
    private readonly Outbox _out = new();
    private readonly Reachability _reach;

    private string? _vote;
    private Standing? _standing;
    private TimeSpan _campaignAt;

    /// <param name="settings">See <see cref="RaftSettings"/>.</param>
    /// <param name="restored">What was found on disk.</param>
    /// <param name="random">For timeouts.</param>
    /// <param name="now">The driver's monotonic time; the full lease after a start counts from here.</param>
    public RaftState(RaftSettings settings, RestoredState restored, Random random, TimeSpan now)
    {
        _settings = settings;
        _random = random;
        _log = new RaftLog(restored.Snapshot, restored.Entries);
        _eligibility = new Eligibility(restored.Snapshot?.Eligible ?? settings.InitialEligible ?? settings.Peers);
        foreach (var entry in _log.From(_log.FirstIndex))
            _eligibility.Appended(entry);
        // A crash may have come between an entry and the term that was to be stored with it.
        Term = Math.Max(restored.HardState?.Term ?? 0, _log.LastTerm);
        _vote = restored.HardState is { } hard && hard.Term == Term ? hard.Vote : null;
        _promise = new LeasePromise(Term, restored.HardState?.Promised ?? TimeSpan.Zero, now);
        // Committed or not: it was written when all trust in that term had ended.
        foreach (var entry in _log.From(_log.FirstIndex).Where(e => e.Kind == EntryKind.Released))
            _promise.Release(entry.Term);
        _waiting = new WaitingPeers(settings.Self);
        _reach = new Reachability(_out);
        HasForgotten = restored.Forgotten;
        Commit = _log.SnapshotIndex;
        _out.StartAt(Commit, restored.HardState);
    }

    public RaftRole Role { get; private set; }

    public long Term { get; private set; }

    /// <summary>The leader of <see cref="Term"/> as far as known; this peer itself while it leads.</summary>
    public string? Leader { get; private set; }

    /// <summary>Index of the last entry known to be committed.</summary>
    public long Commit { get; private set; }

    public long LastIndex => _log.LastIndex;

    /// <summary>Who may stand and vote, by the last entry of the log that says so.</summary>
    public IReadOnlyCollection<string> Eligible => _eligibility.Current;

    public bool IsEligible => _eligibility.Has(_settings.Self) && !HasForgotten;

    /// <summary>See <see cref="RestoredState.Forgotten"/>: it neither votes nor stands.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>Whether this peer won its term and was told to be <see cref="Elected"/>, and has not begun to give it back.</summary>
    public bool Leads => _seat is { Announced: true, Releasing: false };

    /// <summary>Who waits for the seat as far as known, the best first; this peer included.</summary>
    public IReadOnlyList<Stander> Line => _waiting.InOrder(_standing, Eligible);

    /// <summary>When <see cref="Tick"/> is due; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan WakeAt
    {
        get
        {
            if (_seat is { } seat)
                return seat.WakeAt;
            return MayStand && _campaignAt < _repeatAt ? _campaignAt : _repeatAt;
        }
    }

    private bool MayStand => (_standing is not null || _standsForOthers) && IsEligible;

    /// <summary>Takes a message that the transport has authenticated.</summary>
    public void Step(TimeSpan now, RaftMessage message)
    {
        if (message.To != _settings.Self || message.From == _settings.Self || !_settings.Peers.Contains(message.From))
            return;
        _waiting.Heard(message.From, message.Standing, message.StandingName);
        switch (message)
        {
            case PreVoteRequest request:
                AnswerPreVote(now, request);
                break;
            case PreVoteAnswer answer:
                CountPreVote(now, answer);
                break;
            case VoteRequest request:
                AnswerVote(now, request);
                break;
            case VoteAnswer answer:
                CountVote(now, answer);
                break;
            case Append append:
                Follow(now, append);
                break;
            case InstallSnapshot install:
                Install(now, install);
                break;
            case AppendAnswer answer:
                TakeAnswer(now, answer);
                break;
            case TimeoutNow told:
                StandAtOnce(now, told);
                break;
            case SeatReleased told:
                HearRelease(now, told.Term);
                break;
        }
    }

    /// <summary>Does what is due. May be called at any time.</summary>
    public void Tick(TimeSpan now)
    {
        if (_seat is { } seat)
        {
            Lead(now, seat);
            return;
        }

        RepeatReleasedIfDue(now);
        if (MayStand && now >= _campaignAt)
            StandAgain(now);
    }

    /// <summary>
    /// A candidacy waits here from now on, or the best of several that wait has changed. It ends with
    /// <see cref="Withdraw"/> or <see cref="Elected"/>; after the latter the driver calls this again where others wait.
    /// </summary>
    public void Stand(TimeSpan now, Standing standing)
    {
        var stood = _standing;
        _standing = standing;
        _standsForOthers = false;
        if (stood is null && _seat is null)
            PlanCampaign(now);
        if (stood?.Priority != standing.Priority || stood.Name != standing.Name)
            TellLeader();
    }

    /// <summary>No candidacy waits here any more. A term that was won but not told yet is given back.</summary>
    public void Withdraw(TimeSpan now)
    {
        if (_standing is null)
            return;
        _standing = null;
        if (_seat is { Announced: false })
            Transfer(now, Term);
        else if (_seat is null)
            BecomeFollower(now, Term, Leader);
        TellLeader();
    }

    /// <summary>Puts a command into the log; only while this peer leads <paramref name="term"/> and was told so.</summary>
    public Proposal Propose(TimeSpan now, long term, byte[] data) => Propose(now, term, EntryKind.Command, data);

    /// <summary>What is to be done since the last call; null when nothing.</summary>
    public Ready? TakeReady() => _out.Take(_log, Commit, new HardState(Term, _vote, _promise.Longest));

    private void Send(RaftMessage message)
    {
        var standing = IsEligible ? _standing : null;
        _out.Messages.Add(message with { Standing = standing?.Priority, StandingName = standing?.Name ?? string.Empty });
    }

    private void TellLeader()
    {
        if (Leader is { } leader && leader != _settings.Self)
            Send(new Waits(_settings.Self, leader, Term));
    }

    private void BecomeFollower(TimeSpan now, long term, string? leader, LostBecause because = LostBecause.HigherTerm)
    {
        if (term > Term)
        {
            Term = term;
            _vote = null;
        }

        Role = RaftRole.Follower;
        Leader = leader;
        _campaign = null;
        _standsForOthers = false;
        if (leader is not null)
            _repeatAt = TimeSpan.MaxValue;
        if (_seat is { } seat)
        {
            _seat = null;
            Leave(now, seat, because);
        }

        PlanCampaign(now);
    }
}
