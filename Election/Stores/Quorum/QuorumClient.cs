using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using AspireElection.Stores.Quorum.Replicated;
using AspireElection.Stores.Quorum.Transport;
using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum;

/// <summary>
/// Looks at the elections of a cluster without being a peer of it: a page for people. It has the cluster's key, asks a
/// majority, and can change nothing.
/// </summary>
public sealed class QuorumClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly PeerList _peers;
    private readonly TimeProvider _clock;
    private readonly PeerLines _lines;
    private readonly Asks _asks;

    /// <summary>Opens lines to all peers, now and again when they break.</summary>
    /// <param name="peers">As on every peer.</param>
    /// <param name="initialLeaders">As on every peer; empty for all.</param>
    /// <param name="clusterKey">As on every peer.</param>
    /// <param name="clock">Bounds every wait and tells the end of leases.</param>
    public QuorumClient(
        IReadOnlyDictionary<string, Uri> peers, IReadOnlyCollection<string> initialLeaders, string clusterKey, TimeProvider clock)
    {
        _peers = new PeerList(Claim.Client, peers, initialLeaders);
        _clock = clock;
        _asks = new Asks(clock, (peer, content) => _lines!.Send(peer, content));
        _lines = new PeerLines(
            _peers,
            new ClusterKey(clusterKey),
            clock,
            new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
            static () => false,
            Hear,
            static (_, _, _) => { },
            client: true);
    }

    /// <summary>The seat as a majority knows it, and each change of it; looked at four times a second.</summary>
    /// <exception cref="StoreUnavailableException">There is no majority.</exception>
    public async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        SeatView? told = null;
        while (true)
        {
            var seat = new SeatView(0, null, TimeSpan.Zero, false);
            await MajorityAsync(election, Question.Seat, [], answer =>
            {
                if (SeatView.Parse(answer) is not { } other)
                    return false;
                seat = seat.Newer(other);
                return true;
            }, cancellationToken);
            // The same lease that runs on is no news; one that was renewed is.
            if (told is null || seat.Term != told.Term || seat.Released != told.Released || seat.Left > told.Left - Period / 2 ||
                seat.Left == TimeSpan.Zero != (told.Left == TimeSpan.Zero))
            {
                yield return seat.ToSighting(_clock);
            }

            told = seat;
            await Task.Delay(Period, _clock, cancellationToken);
        }
    }

    /// <summary>All members.</summary>
    /// <exception cref="StoreUnavailableException">There is no majority.</exception>
    public async Task<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken)
    {
        var members = new MemberTable(election, _clock);
        await MajorityAsync(election, Question.Members, members.ToBytes(), answer =>
        {
            if (members.Parse(answer) is not { } rows)
                return false;
            members.Merge(rows);
            return true;
        }, cancellationToken);
        return members.List();
    }

    /// <summary>Everything in the ledger whose key starts with <paramref name="prefix"/>.</summary>
    /// <exception cref="StoreUnavailableException">There is no majority, or it cannot tell before somebody leads.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken) =>
        LedgerQuery.Values(await ReadAsync(election, new LedgerQuery(IsLog: false, prefix), cancellationToken))!;

    /// <summary>A log's entries, oldest first.</summary>
    /// <exception cref="StoreUnavailableException">There is no majority, or it cannot tell before somebody leads.</exception>
    public async Task<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        LedgerQuery.Log(await ReadAsync(election, new LedgerQuery(IsLog: true, log), cancellationToken))!;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private async Task<byte[]> ReadAsync(string election, LedgerQuery query, CancellationToken cancellationToken)
    {
        var body = Bytes.Write(query.Write);
        byte[]? result = null;
        // Whoever leads answers; it has the others confirm that it does.
        await _asks.AskAllAsync(_peers.All, election, Question.Read, body, Limit, (_, answer) =>
            (result = LedgerAnswer.Parse(answer)?.Result) is not null, cancellationToken);
        if (result is not null)
            return result;
        var known = new Dictionary<string, PeerKnowledge>(StringComparer.Ordinal);
        await MajorityAsync(election, Question.Knowledge, body, (peer, answer) =>
        {
            if (PeerKnowledge.Parse(answer) is not { } knowledge)
                return false;
            known[peer] = knowledge;
            return true;
        }, cancellationToken);
        return PeerKnowledge.Certain(known)
            ?? throw new StoreUnavailableException("quorum: nobody leads, and whether the last write is stored by a majority is not known until somebody does");
    }

    private Task MajorityAsync(
        string election, Question question, byte[] body, Func<byte[], bool> take, CancellationToken cancellationToken) =>
        MajorityAsync(election, question, body, (_, answer) => take(answer), cancellationToken);

    private async Task MajorityAsync(
        string election, Question question, byte[] body, Func<string, byte[], bool> take, CancellationToken cancellationToken)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        await _asks.AskAllAsync(_peers.All, election, question, body, Limit, (peer, answer) =>
        {
            if (take(peer, answer))
                reached.Add(peer);
            return HasMajority();
        }, cancellationToken);
        if (!HasMajority())
        {
            throw new StoreUnavailableException(
                $"quorum: no majority: {_peers.Initial.Count(reached.Contains)} of {_peers.Initial.Count} peers reachable");
        }

        bool HasMajority() => _peers.Initial.Count(reached.Contains) > _peers.Initial.Count / 2;
    }

    private void Hear(Line line, ReadOnlyMemory<byte> content) => _asks.Hear(line.Peer, content);
}
