using System.Collections.Concurrent;

namespace AspireElection.Stores.InProcess;

/// <summary>The reference: nodes of one process compete, and nothing outlives it.</summary>
/// <remarks>
/// Everything runs on the caller's thread and on <paramref name="clock"/>; nothing leaves the caller's
/// synchronization context, so that a simulation replays one history from one seed. Candidates share one store;
/// who disposes it ends every campaign (with <see cref="ObjectDisposedException"/>) and every observation.
/// </remarks>
/// <param name="clock">Decides when a lease ends and a member is stale.</param>
/// <param name="dropped">
/// Called with the election's name for each sighting that an observer lost because it was slow; must not block.
/// </param>
public sealed class InProcessStore(TimeProvider clock, Action<string>? dropped = null) : IElectionStore
{
    private readonly ConcurrentDictionary<string, Election> _elections = new(StringComparer.Ordinal);
    private volatile bool _disposed;

    /// <inheritdoc/>
    public string Kind => "memory";

    /// <inheritdoc/>
    public ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidacy);
        return Of(candidacy.Election).Seat.AcquireAsync(candidacy, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Of(term.Election).Seat.Renew(term, leaseDuration));
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        cancellationToken.ThrowIfCancellationRequested();
        Of(term.Election).Seat.Release(term);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        Of(election).Seat.ObserveAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Of(self.Election).Members.Heartbeat(self));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Of(election).Members.List());
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Of(election).Members.Leave(id);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Of(election).Members.RemoveStale(nodeTimeout));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Of(election).Ledger.Read(prefix));
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        cancellationToken.ThrowIfCancellationRequested();
        Of(term.Election).Ledger.Write(term, key, value);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        cancellationToken.ThrowIfCancellationRequested();
        Of(term.Election).Ledger.Append(term, log, entry, keep);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ReadLogAsync(
        string election, string log, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Of(election).Ledger.ReadLog(log));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        foreach (var election in _elections.Values)
            election.Seat.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Loses all data and keeps the line, as a server does that restarts into an empty state.</summary>
    internal void Wipe()
    {
        foreach (var election in _elections.Values)
            election.Wipe();
    }

    /// <summary>How many stand in line.</summary>
    internal int Waiting(string election) => Of(election).Seat.Waiting;

    private Election Of(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _elections.GetOrAdd(
            name, static (n, made) => new Election(n, made.Clock, () => made.Dropped?.Invoke(n)), (Clock: clock, Dropped: dropped));
    }

    private sealed class Election(string name, TimeProvider clock, Action dropped)
    {
        public Seat Seat { get; } = new(name, clock, dropped);

        public MemberList Members { get; private set; } = new(clock);

        public TermLedger Ledger { get; private set; } = new();

        public void Wipe()
        {
            Members = new MemberList(clock);
            Ledger = new TermLedger();
            Seat.Wipe();
        }
    }
}
