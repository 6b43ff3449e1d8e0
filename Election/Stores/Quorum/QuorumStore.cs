using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Storage;
using AspireElection.Stores.Quorum.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Stores.Quorum;

/// <summary>One peer of a cluster that elects among itself: Raft, with no server outside.</summary>
/// <remarks>
/// <para>
/// Each election is a Raft group of its own. Its leader is the holder of the seat, the fencing token is the Raft term, and
/// the ledger is the replicated log. A majority of the peers that may vote has to be in reach; without it nobody leads.
/// </para>
/// <para>
/// A peer votes at most once in a term, stores its vote before it gives it, and promises each leader the lease that comes
/// with a heartbeat: it votes for nobody else before the end, counted on its own clock from when it heard. Heartbeats are
/// sent for renewals only, so that a leader that forgets to renew is followed by another.
/// </para>
/// </remarks>
public sealed partial class QuorumStore : IElectionStore, IGroupSurroundings
{
    private const int MostElections = 1000;

    private readonly QuorumOptions _options;
    private readonly PeerList _peers;
    private readonly PeerFolder _folder;
    private readonly TimeProvider _clock;
    private readonly QuorumNews _news;
    private readonly PeerLines _lines;
    private readonly Asks _asks;
    private readonly Action<string>? _dropped;
    private readonly ConcurrentDictionary<string, Lazy<Group>> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MemberTable> _members = new(StringComparer.Ordinal);
    private int _disposed;

    /// <summary>A peer, which speaks with the others from now on; they reach it through <see cref="ServeAsync"/>.</summary>
    /// <param name="options">Who it is and who there is.</param>
    /// <param name="clock">Counts leases; the wall clock numbers terms above every earlier one and dates members.</param>
    /// <param name="logger">Where to log; default nowhere.</param>
    /// <exception cref="ArgumentException">Options cannot be; the message names all problems.</exception>
    /// <exception cref="StoreUnavailableException">The data folder cannot be used, or another process is this peer.</exception>
    public QuorumStore(QuorumOptions options, TimeProvider clock, ILogger? logger = null)
        : this(options, clock, logger, null, null)
    {
    }

    internal QuorumStore(
        QuorumOptions options, TimeProvider clock, ILogger? logger, Action<string, int, int>? majority, Action<string>? dropped)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        _options = options;
        _clock = clock;
        _dropped = dropped;
        _peers = new PeerList(options.NodeId, options.Peers, options.InitialLeaders);
        _folder = new PeerFolder(options.DataDirectory, options.NodeId);
        _news = new QuorumNews(logger ?? NullLogger.Instance, clock, majority);
        if (_folder.IsTemporary)
            _news.Temporary(_folder.Root);
        _asks = new Asks(clock, (peer, content) => _lines!.Send(peer, content));
        _lines = new PeerLines(
            _peers, new ClusterKey(options.ClusterKey), clock, NewRandom(), () => IsCut(), Hear, _news.Refused, _news.LineFailed);
    }

    /// <inheritdoc/>
    public string Kind => "quorum";

    /// <inheritdoc/>
    public string Promise =>
        "one leader at a time while no data folder is lost or set back, whatever happens to a minority; stale writes are refused in any case";

    /// <summary>This peer's id.</summary>
    public string NodeId => _options.NodeId;

    /// <summary>While it says so, nothing comes from other peers and nothing goes to them, as if the lines were down: for drills.</summary>
    public Func<bool> IsCut { get; set; } = static () => false;

    /// <summary>How many lines of strangers, or of peers of another cluster, were refused so far.</summary>
    internal long RefusedLines => _news.Refusals;

    /// <summary>
    /// Serves a line that another peer opened: map <c>/quorum</c> to it. Who is at the other end has to prove that it has
    /// the cluster's key. Ends when the line does.
    /// </summary>
    public Task ServeAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return _lines.ServeAsync(socket, cancellationToken);
    }

    /// <summary>
    /// Ends all lines after what is still to be sent, within half a second. For a host that stops and whose web server
    /// waits for open requests; the store is of no more use then.
    /// </summary>
    public Task CloseLinesAsync() => _lines.CloseAsync();

    /// <inheritdoc/>
    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidacy);
        return await Of(candidacy.Election).AcquireAsync(candidacy, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        return await Of(term.Election).RenewAsync(term, leaseDuration, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        await Of(term.Election).ReleaseAsync(term, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var group = Of(election);
        using var news = group.Subscribe();
        var seat = await group.SeatAsync(cancellationToken);
        await AskMajorityAsync(election, Question.Seat, [], (_, answer) =>
        {
            if (SeatView.Parse(answer) is { } other)
                seat = seat.Newer(other);
            return true;
        }, cancellationToken);
        var first = seat.ToSighting(_clock);
        yield return first;
        await foreach (var sighting in news.ReadAsync(cancellationToken))
        {
            // This peer may be told later than those that were asked.
            if (sighting.Leader is null || sighting.Leader.Term >= seat.Term)
                yield return sighting;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        foreach (var group in _groups.Values)
            await group.Value.DisposeAsync();
        await _lines.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>How many stand in line at this peer.</summary>
    internal Task<int> WaitingAsync(string election) => Of(election).WaitingAsync(CancellationToken.None);

    void IGroupSurroundings.Send(string election, RaftMessage message) => _lines.Send(message.To, ProtocolSpeech(election, message));

    void IGroupSurroundings.CutOff(string election, string path, long bytes) => _news.CutOff(election, path, bytes);

    void IGroupSurroundings.Failed(string election, string trouble) => _news.Failed(election, trouble);

    void IGroupSurroundings.Majority(string election, int reachable, int eligible) => _news.Majority(election, reachable, eligible);

    private Group Of(string election)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (_groups.TryGetValue(election, out var known))
            return known.Value;
        if (!ElectionOptionsValidator.IsName(election))
            throw new ArgumentException($"'{election}' is no name: 1 to 128 characters of A-Z a-z 0-9 . _ - are.", nameof(election));
        if (_groups.Count >= MostElections)
            throw new StoreUnavailableException($"quorum: this peer takes part in {MostElections} elections already; spread them over more clusters");
        return _groups.GetOrAdd(election, name => new Lazy<Group>(() => new Group(
            name, _peers, _folder.LogOf(name), _clock, NewRandom(), this, () => _dropped?.Invoke(name)))).Value;
    }

    private MemberTable MembersOf(string election) => _members.GetOrAdd(election, name => new MemberTable(name, _clock));

    /// <summary>Peers must not draw the same numbers, whenever they are started.</summary>
    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}
