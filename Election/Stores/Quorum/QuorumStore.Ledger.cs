using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;
using AspireElection.Stores.Quorum.Wire;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <content>The ledger: writes by the leader, reads that no majority could contradict.</content>
public sealed partial class QuorumStore
{
    private const int LongestKey = 1024;
    private const int LongestText = 256 * 1024;

    /// <summary>How long one call looks for a leader, or for a majority that knows enough.</summary>
    private static readonly TimeSpan LedgerLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LeaderLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>Longer than for a question: a write that was not answered must not be sent again.</summary>
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LedgerPause = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return LedgerQuery.Values(await ReadAsync(election, new LedgerQuery(IsLog: false, prefix), cancellationToken))!;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        return LedgerQuery.Log(await ReadAsync(election, new LedgerQuery(IsLog: true, log), cancellationToken))!;
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        WriteAsync(term, new LedgerCommand(key, value, null), cancellationToken);

    /// <inheritdoc/>
    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        return WriteAsync(term, new LedgerCommand(log, entry, keep), cancellationToken);
    }

    /// <summary>
    /// Lets a peer of the list stand and vote from now on, once a majority of those that may already has stored it. One at
    /// a time, by the leader; any peer may be asked.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such peer.</exception>
    /// <exception cref="StoreUnavailableException">Nobody leads, or the peer does not answer or is too far behind.</exception>
    public async Task MakeEligibleAsync(string election, string peer, CancellationToken cancellationToken)
    {
        if (!_peers.All.Contains(peer))
            throw new ArgumentException($"'{peer}' is no peer; there are {string.Join(", ", _peers.All)}", nameof(peer));
        var why = await AskLeaderAsync(
            election,
            Question.MakeEligible,
            Bytes.Write(w => w.Write(peer)),
            group => group.MakeEligibleAsync(peer, cancellationToken),
            answer => answer.Outcome == LedgerOutcome.Done || answer.Why == Refusal.AlreadyEligible,
            cancellationToken);
        if (why is not null)
        {
            throw new StoreUnavailableException($"quorum: {peer} was not made eligible: " + (why.Why switch
            {
                Refusal.Behind => "it does not answer the leader, or has not caught up with it yet",
                Refusal.ChangePending => "the change before is not stored by a majority yet",
                _ => "nobody leads; wait for a leader",
            }));
        }
    }

    private async ValueTask WriteAsync(Term term, LedgerCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        if (command.Key.Length > LongestKey || command.Text.Length > LongestText)
            throw new ArgumentException($"The ledger takes names of up to {LongestKey} and values of up to {LongestText} characters.", nameof(command));
        var why = await AskLeaderAsync(
            term.Election,
            Question.Write,
            new ForwardedWrite(term.Candidate, term.Token, command).ToBytes(),
            group => group.WriteAsync(term, command, cancellationToken),
            answer => answer.Outcome is LedgerOutcome.Done or LedgerOutcome.Stale or LedgerOutcome.Full or LedgerOutcome.Unknown,
            cancellationToken,
            stale: () => new StaleTermException(term));
        if (why is not null)
            throw new StoreUnavailableException("quorum: nobody leads, or too many writes wait: the write was not taken");
    }

    /// <summary>Null once it is done; else the last answer.</summary>
    private async Task<LedgerAnswer?> AskLeaderAsync(
        string election,
        Question question,
        byte[] body,
        Func<Group, Task<LedgerAnswer>> here,
        Func<LedgerAnswer, bool> isLast,
        CancellationToken cancellationToken,
        Func<Exception>? stale = null)
    {
        var end = _clock.After(LedgerLimit);
        while (true)
        {
            var answer = await here(Of(election));
            if (answer is { Outcome: LedgerOutcome.Elsewhere, Leader: { } leader })
            {
                var isWrite = question == Question.Write;
                var said = await _asks.AskAsync(leader, election, question, body, isWrite ? WriteLimit : LeaderLimit, cancellationToken);
                // Silence does not tell whether it was applied; sent again it might be applied twice.
                answer = (said is null ? null : LedgerAnswer.Parse(said)) ?? (isWrite ? LedgerAnswer.Unknown : answer);
            }

            if (isLast(answer))
            {
                return answer.Outcome switch
                {
                    LedgerOutcome.Stale when stale is not null => throw stale(),
                    LedgerOutcome.Full => throw new StoreUnavailableException(
                        $"quorum: the ledger of election '{election}' is full ({ElectionState.LargestLedger} characters); write less"),
                    LedgerOutcome.Unknown => throw new StoreUnavailableException(
                        "quorum: the leader did not confirm the write, or its term ended before: it may have been applied or not; read before writing again"),
                    _ => null,
                };
            }

            if (_clock.GetTimestamp() >= end)
                return answer;
            await Task.Delay(LedgerPause, _clock, cancellationToken);
        }
    }

    private async Task<byte[]> ReadAsync(string election, LedgerQuery query, CancellationToken cancellationToken)
    {
        var end = _clock.After(LedgerLimit);
        while (true)
        {
            var answer = await ReadHereAsync(election, query, cancellationToken);
            if (answer is { Outcome: LedgerOutcome.Elsewhere, Leader: { } leader } &&
                await _asks.AskAsync(leader, election, Question.Read, Bytes.Write(query.Write), LeaderLimit, cancellationToken) is { } said)
            {
                answer = LedgerAnswer.Parse(said) ?? answer;
            }

            if ((answer.Result ?? await ReadWithoutLeaderAsync(election, query, cancellationToken)) is { } result)
                return result;
            if (_clock.GetTimestamp() >= end)
                throw new StoreUnavailableException("quorum: nobody leads, and whether the last write is stored by a majority is not known until somebody does");
            await Task.Delay(LedgerPause, _clock, cancellationToken);
        }
    }

    /// <summary>A leader that no majority confirms does not answer before its lease ends, which may be long.</summary>
    private async Task<LedgerAnswer> ReadHereAsync(string election, LedgerQuery query, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LedgerLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await Of(election).ReadAsync(query, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException($"quorum: this peer leads, but within {LedgerLimit.TotalSeconds:0} s no majority confirmed it");
        }
    }

    /// <summary>See <see cref="PeerKnowledge.Certain"/>.</summary>
    /// <exception cref="StoreUnavailableException">There is no majority.</exception>
    private async Task<byte[]?> ReadWithoutLeaderAsync(string election, LedgerQuery query, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, PeerKnowledge>(StringComparer.Ordinal)
        {
            [_peers.Self] = await Of(election).KnowledgeAsync(query, cancellationToken),
        };
        await AskMajorityAsync(election, Question.Knowledge, Bytes.Write(query.Write), (peer, answer) =>
        {
            if (PeerKnowledge.Parse(answer) is not { } knowledge)
                return false;
            known[peer] = knowledge;
            return true;
        }, cancellationToken);
        return PeerKnowledge.Certain(known);
    }
}
