
namespace AspireElection.Stores.Quorum;

/// <content>What a majority has to answer: who the members are, and who holds the seat.</content>
public sealed partial class QuorumStore
{
    /// <summary>How long a majority may take to answer.</summary>
    private static readonly TimeSpan MajorityLimit = TimeSpan.FromMilliseconds(700);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        MembersOf(self.Election).Beat(self);
        return await ExchangeAsync(self.Election, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        await ExchangeAsync(election, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        // What others know of it is asked first: only a row can be marked.
        await ExchangeAsync(election, cancellationToken);
        MembersOf(election).Leave(id);
        await ExchangeAsync(election, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        await ExchangeAsync(election, cancellationToken);
        var removed = MembersOf(election).RemoveStale(nodeTimeout);
        if (removed > 0)
            await ExchangeAsync(election, cancellationToken);
        return removed;
    }

    /// <summary>Every peer tells what it knows and is told what this one does; a majority has to.</summary>
    private async Task<IReadOnlyList<Member>> ExchangeAsync(string election, CancellationToken cancellationToken)
    {
        var members = MembersOf(election);
        await AskMajorityAsync(election, Question.Members, members.ToBytes(), (_, answer) =>
        {
            if (members.Parse(answer) is not { } rows)
                return false;
            members.Merge(rows);
            return true;
        }, cancellationToken);
        return members.List();
    }

    /// <summary>Asks all others until a majority of those that may vote has answered, this one included.</summary>
    /// <param name="election">Of which election.</param>
    /// <param name="question">What.</param>
    /// <param name="body">With what.</param>
    /// <param name="take">Takes an answer; false for one that says nothing.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnavailableException">There is no majority.</exception>
    private async Task AskMajorityAsync(
        string election, Question question, byte[] body, Func<string, byte[], bool> take, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var eligible = Of(election).Eligible;
        var reached = new HashSet<string>(StringComparer.Ordinal) { _peers.Self };
        if (!HasMajority())
        {
            await _asks.AskAllAsync(_peers.Others.Keys, election, question, body, MajorityLimit, (peer, answer) =>
            {
                if (take(peer, answer))
                    reached.Add(peer);
                return HasMajority();
            }, cancellationToken);
        }
        else
        {
            // Alone eligible: the others are told, and nobody waits for them.
            foreach (var peer in _peers.Others.Keys)
                _ = _asks.AskAsync(peer, election, question, body, MajorityLimit, cancellationToken).ContinueWith(
                    static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        var voters = eligible.Count(reached.Contains);
        _news.Majority(election, voters, eligible.Count);
        if (!HasMajority())
            throw NoMajority(eligible, reached);

        bool HasMajority() => eligible.Count(reached.Contains) > eligible.Count / 2;
    }

    private StoreUnavailableException NoMajority(IReadOnlyCollection<string> eligible, HashSet<string> reached)
    {
        var silent = string.Join(", ", eligible.Where(p => !reached.Contains(p)).Order(StringComparer.Ordinal));
        return new StoreUnavailableException(
            $"quorum: no majority: {eligible.Count(reached.Contains)} of {eligible.Count} peers reachable ({silent} {(IsCut() ? "are cut off by a drill" : "did not answer")})");
    }
}
