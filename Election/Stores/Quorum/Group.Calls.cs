using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;

namespace AspireElection.Stores.Quorum;

/// <content>What is asked of the group from outside its loop: seat and ledger.</content>
internal sealed partial class Group
{
    /// <summary>A confirmation that was lost is asked for again.</summary>
    private static readonly TimeSpan ReadRoundLimit = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<long, TaskCompletionSource<RenewAnswer>> _renewals = [];
    private readonly Dictionary<long, (long Term, TaskCompletionSource<LedgerAnswer> Answer)> _proposals = [];
    private readonly List<TaskCompletionSource> _releases = [];
    private List<Reading> _reads = [];
    private List<Reading> _nextReads = [];
    /// <summary>The first round that was begun for <see cref="_reads"/>.</summary>
    private long _readRound;
    private TimeSpan _readRoundAt;
    private (long Term, CandidateId Candidate)? _held;
    /// <summary>Held until another peer's higher term took it.</summary>
    private (long Term, CandidateId Candidate)? _lost;
    private Candidacy? _holder;
    private long _arrivals;

    /// <summary>When unconfirmed reads, or the end of the lease that observers were told, are to be looked at.</summary>
    private long NextLook => Math.Min(
        _reads.Count > 0 ? ToTimestamp(_readRoundAt + ReadRoundLimit) : long.MaxValue,
        _toldUntil > TimeSpan.Zero ? ToTimestamp(_toldUntil) : long.MaxValue);

    /// <summary>Waits in line at this peer.</summary>
    public async Task<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new WaitingCandidacy(candidacy, Interlocked.Increment(ref _arrivals));
        await using var cancelling = cancellationToken.UnsafeRegister(
            static (w, token) => ((WaitingCandidacy)w!).Granted.TrySetCanceled(token), waiting);
        Post(() => Add(waiting), e => waiting.Granted.TrySetException(e));
        try
        {
            return await waiting.Granted.Task;
        }
        catch (OperationCanceledException)
        {
            // The loop looks who stands instead.
            TryPost(static () => { }, static _ => { });
            throw;
        }
    }

    private void Add(WaitingCandidacy waiting)
    {
        _candidacies.Add(waiting);
        // Who stands again does not know of the term that it holds, or believes in it no more: its own orphan.
        if (_held is { } held && held.Candidate == waiting.Candidacy.Id)
            _raft.Transfer(Now, held.Term);
        if (_lost is { } lost && lost.Candidate == waiting.Candidacy.Id)
            _raft.Disown(Now, lost.Term);
    }

    /// <summary>How many stand in line at this peer.</summary>
    public Task<int> WaitingAsync(CancellationToken cancellationToken) =>
        CallAsync<int>(answer => answer.TrySetResult(_candidacies.Count), cancellationToken);

    /// <summary>Lost also while the term is being given back: whoever asks must not believe any more.</summary>
    public Task<RenewAnswer> RenewAsync(Term term, TimeSpan lease, CancellationToken cancellationToken) =>
        CallAsync<RenewAnswer>(answer =>
        {
            // Nobody waits for it any more: while the disk stood still, several may have been given up. Each would bind the voters for
            // a lease from now on to a leader who trusts no longer.
            if (answer.Task.IsCompleted)
                return;
            var round = _held == (term.Token, term.Candidate) ? _raft.Beat(Now, term.Token, lease) : 0;
            if (round == 0)
            {
                answer.TrySetResult(RenewAnswer.Lost);
                return;
            }

            Prune(_renewals, a => a.Task);
            _renewals[round] = answer;
        }, cancellationToken);

    /// <summary>Gives the seat back; done when it is free or handed over.</summary>
    public Task ReleaseAsync(Term term, CancellationToken cancellationToken) => CallAsync<bool>(answer =>
    {
        if (_held != (term.Token, term.Candidate) || !_raft.Transfer(Now, term.Token))
        {
            if (_lost == (term.Token, term.Candidate))
                _raft.Disown(Now, term.Token);
            answer.TrySetResult(false);
            return;
        }

        var released = new TaskCompletionSource();
        _releases.Add(released);
        released.Task.ContinueWith(
            static (_, a) => ((TaskCompletionSource<bool>)a!).TrySetResult(true), answer, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }, cancellationToken);

    /// <summary>Writes where this peer leads the very term; else says who does.</summary>
    public Task<LedgerAnswer> WriteAsync(Term term, LedgerCommand command, CancellationToken cancellationToken) =>
        CallAsync<LedgerAnswer>(answer =>
        {
            if (_held != (term.Token, term.Candidate) || !_raft.Leads)
                answer.TrySetResult(IsOver(term) ? LedgerAnswer.Stale : LedgerAnswer.Elsewhere(Elsewhere));
            else if (!_state.Fits(command, 0))
                answer.TrySetResult(LedgerAnswer.Full);
            else if (!_state.Fits(command, _log.SizeAfter(_appliedTo)))
                answer.TrySetResult(LedgerAnswer.Refused(Refusal.Busy));
            else
                Follow(_raft.Propose(Now, term.Token, command.ToBytes()), term.Token, answer);
        }, cancellationToken);

    /// <summary>Lets a peer stand and vote, where this one leads.</summary>
    public Task<LedgerAnswer> MakeEligibleAsync(string peer, CancellationToken cancellationToken) =>
        CallAsync<LedgerAnswer>(answer =>
        {
            if (_held is { } held && _raft.Leads)
                Follow(_raft.MakeEligible(Now, held.Term, peer), held.Term, answer);
            else
                answer.TrySetResult(LedgerAnswer.Elsewhere(Elsewhere));
        }, cancellationToken);

    /// <summary>Reads where this peer leads, once a majority has confirmed that it does; else says who does.</summary>
    public Task<LedgerAnswer> ReadAsync(LedgerQuery query, CancellationToken cancellationToken) =>
        CallAsync<LedgerAnswer>(answer =>
        {
            if (!_raft.Leads)
            {
                answer.TrySetResult(LedgerAnswer.Elsewhere(Elsewhere));
                return;
            }

            _nextReads.Add(new Reading(query, answer));
            if (_reads.Count == 0)
                StartReadRounds();
        }, cancellationToken);

    /// <summary>What this peer knows for certain and how far its log goes: for a read while nobody leads.</summary>
    public Task<PeerKnowledge> KnowledgeAsync(LedgerQuery query, CancellationToken cancellationToken) =>
        CallAsync<PeerKnowledge>(answer => answer.TrySetResult(new PeerKnowledge(
            _log.LastTerm,
            _log.LastIndex,
            [.. _raft.Eligible],
            _raft.Commit == _log.LastIndex ? query.Of(_state) : null)), cancellationToken);

    private string? Elsewhere => _raft.Leader == _peers.Self ? null : _raft.Leader;

    /// <summary>A later term has begun, or this one was given back.</summary>
    private bool IsOver(Term term) => term.Token < Math.Max(_raft.Term, _state.Term) || (_raft.Term == term.Token && _raft.Leader == _peers.Self);

    private void Follow(Proposal proposal, long term, TaskCompletionSource<LedgerAnswer> answer)
    {
        if (!proposal.Taken)
        {
            answer.TrySetResult(LedgerAnswer.Refused(proposal.Refused));
            return;
        }

        Prune(_proposals, p => p.Answer.Task);
        _proposals[proposal.Index] = (term, answer);
    }

    private void Proposed(LogEntry entry)
    {
        if (_proposals.Remove(entry.Index, out var proposal))
            proposal.Answer.TrySetResult(proposal.Term == entry.Term ? LedgerAnswer.Done : LedgerAnswer.Stale);
    }

    private void Confirmed(RoundConfirmed round)
    {
        if (round.Lease > TimeSpan.Zero)
            Promised(round.Term, round.SentAt + round.Lease);
        if (_renewals.Remove(round.Round, out var renewal))
            renewal.TrySetResult(RenewAnswer.Renewed);
        // A later round than the one that was begun for them says as much.
        if (_reads.Count == 0 || round.Round < _readRound)
            return;
        foreach (var read in _reads)
            read.Answer.TrySetResult(LedgerAnswer.Read(read.Query.Of(_state)));
        _reads = [];
        StartReadRounds();
    }

    /// <summary>All that came meanwhile are answered by one round, which begins after they were asked.</summary>
    private void StartReadRounds()
    {
        _reads = [.. _nextReads.Where(r => !r.Answer.Task.IsCompleted)];
        _nextReads = [];
        if (_reads.Count > 0)
            _readRound = BeatForReads();
    }

    private long BeatForReads()
    {
        _readRoundAt = Now;
        var round = _raft.Beat(Now, _raft.Term, TimeSpan.Zero);
        if (round == 0)
            FailReads();
        return round;
    }

    /// <summary>
    /// Asks for the confirmation again. What began before stays good, where a round takes longer than this: to wait for
    /// the newest alone would be to wait for ever.
    /// </summary>
    private void LookAgain()
    {
        if (_reads.Count == 0 || Now < _readRoundAt + ReadRoundLimit)
            return;
        _reads.RemoveAll(r => r.Answer.Task.IsCompleted);
        _nextReads.RemoveAll(r => r.Answer.Task.IsCompleted);
        if (_reads.Count == 0)
            StartReadRounds();
        else
            BeatForReads();
    }

    private void Lose(Lost lost)
    {
        var deposed = _held?.Term == lost.Term && lost.Because != LostBecause.Released ? _holder : null;
        if (deposed is not null)
            _lost = _held;
        if (_held?.Term == lost.Term)
            _held = null;
        // It asks, and is told, at once rather than with its next renewal.
        deposed?.RenewNow();
        foreach (var renewal in _renewals.Values)
            renewal.TrySetResult(RenewAnswer.Lost);
        _renewals.Clear();
        // However the term ended: what was sent before may yet be committed by the next leader.
        foreach (var (_, answer) in _proposals.Values)
            answer.TrySetResult(LedgerAnswer.Unknown);
        _proposals.Clear();
        FailReads();
        foreach (var release in _releases)
            release.TrySetResult();
        _releases.Clear();
    }

    private void FailReads()
    {
        foreach (var read in _reads.Concat(_nextReads))
            read.Answer.TrySetResult(LedgerAnswer.Elsewhere(Elsewhere));
        _reads = [];
        _nextReads = [];
    }

    private void ForgetCalls(Exception why)
    {
        foreach (var renewal in _renewals.Values)
            renewal.TrySetException(why);
        foreach (var (_, answer) in _proposals.Values)
            answer.TrySetException(why);
        foreach (var read in _reads.Concat(_nextReads))
            read.Answer.TrySetException(why);
        foreach (var release in _releases)
            release.TrySetResult();
        _renewals.Clear();
        _proposals.Clear();
        _releases.Clear();
        _reads = [];
        _nextReads = [];
        _held = _lost = null;
        _candidacies.Fail(why);
    }

    private async Task<T> CallAsync<T>(Action<TaskCompletionSource<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cancelling = cancellationToken.UnsafeRegister(
            static (a, token) => ((TaskCompletionSource<T>)a!).TrySetCanceled(token), answer);
        Post(() => call(answer), e => answer.TrySetException(e));
        return await answer.Task;
    }

    private void Post(Action run, Action<Exception> fail)
    {
        if (_trouble is { } trouble)
            throw new StoreUnavailableException(trouble.Message, trouble);
        if (!TryPost(run, fail))
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(QuorumStore));
            throw new StoreUnavailableException($"quorum: too many calls of election '{_election}' wait");
        }
    }

    private bool TryPost(Action run, Action<Exception> fail)
    {
        if (!_work.Writer.TryWrite(new Work(run, fail)))
            return false;
        _wake.Set();
        return true;
    }

    /// <summary>Takes away what was cancelled, so that what is never answered does not pile up.</summary>
    private static void Prune<T>(Dictionary<long, T> pending, Func<T, Task> task)
    {
        foreach (var over in pending.Where(p => task(p.Value).IsCompleted).Select(p => p.Key).ToList())
            pending.Remove(over);
    }

    private sealed record Reading(LedgerQuery Query, TaskCompletionSource<LedgerAnswer> Answer);
}
