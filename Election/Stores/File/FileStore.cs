using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace AspireElection.Stores.Files;

/// <summary>The embedded default: elections in a folder, for the processes of one host. Needs no server.</summary>
/// <remarks>
/// <para>
/// Each term is a numbered file that is created exclusively; renewals rewrite it; everybody counts the end of a lease
/// from its own first sight of a version, by its own clock. There is no lock that a stopped process could keep.
/// <see cref="TermFiles"/> says why no two ever hold the seat.
/// </para>
/// <para>
/// The first campaign after a crash of all nodes waits one lease: nobody can know how long ago the holder fell silent.
/// The folder is on a local file system of one host, where containers may share it; network file systems, and folders
/// shared with a virtual machine, promise less than is needed here. Files are removed by hand only while no node runs.
/// </para>
/// </remarks>
/// <param name="directory">The store lives in its subfolder <c>aspire-election</c>, made when first used.</param>
/// <param name="clock">Decides when a lease ends; its wall clock numbers the terms and dates the members.</param>
public sealed class FileStore(string directory, TimeProvider clock) : IElectionStore
{
    private readonly StoreFolder _folder = new(directory, clock);
    private readonly ConcurrentDictionary<string, Files> _elections = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _disposing = new();
    private readonly Lock _gate = new();
    private Observations? _observations;
    private FolderWatch? _watch;

    /// <summary>
    /// Where elections live when nobody says: in the system's temporary folder, a folder for each user. One for all
    /// would belong to whoever came first, and every other user's nodes could write nothing into it.
    /// </summary>
    public static string DefaultFolder => Path.Combine(Path.GetTempPath(), $"aspire-election-{Environment.UserName}");

    /// <inheritdoc/>
    public string Kind => "file";

    /// <inheritdoc/>
    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidacy);
        var files = Of(candidacy.Election);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        try
        {
            return await files.Seat.AcquireAsync(candidacy, ending.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(nameof(FileStore));
        }
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
    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken)
    {
        lock (_gate)
            _observations ??= new Observations(Kind, WatchAsync);
        return _observations.ObserveAsync(election, cancellationToken);
    }

    private async IAsyncEnumerable<Sighting> WatchAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        await foreach (var sighting in Of(election).Seat.ObserveAsync(ending.Token))
            yield return sighting;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        return Use(self.Election, files => files.Members.Heartbeat(self), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        Use(election, files => files.Members.List(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await Use(election, files => Done(() => files.Members.Leave(id)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        Use(election, files => files.Members.RemoveStale(nodeTimeout), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken) =>
        Use<IReadOnlyDictionary<string, string>>(
            election,
            files => files.Ledger.Read().Values.Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(),
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        await Use(term.Election, files => Done(() => files.Ledger.Write(term, d => d.Values[key] = value)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        await Use(term.Election, files => Done(() => files.Ledger.Write(term, d => d.Append(log, entry, keep))), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ReadLogAsync(
        string election, string log, CancellationToken cancellationToken) =>
        Use<IReadOnlyList<string>>(
            election, files => files.Ledger.Read().Logs.TryGetValue(log, out var entries) ? entries : [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        FolderWatch? watch;
        lock (_gate)
            (watch, _watch) = (_watch, null);
        watch?.Return();
    }

    private ValueTask<T> Use<T>(string election, Func<Files, T> use, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var files = Of(election);
        return ValueTask.FromResult(_folder.Use(() => use(files)));
    }

    private static bool Done(Action act)
    {
        act();
        return true;
    }

    private Files Of(string election)
    {
        ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
        return _elections.GetOrAdd(election, static (name, store) => new Files(
            new FileSeat(name, store._folder, store.Clock, store.Watch),
            new MemberFiles(store._folder.MembersOf(name), store._folder, store.Clock),
            new LedgerFiles(store._folder.LedgerOf(name), store._folder)), this);
    }

    private TimeProvider Clock => clock;

    private FolderWatch Watch()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
            return _watch ??= FolderWatch.Rent(_folder.Seats);
        }
    }

    private sealed record Files(FileSeat Seat, MemberFiles Members, LedgerFiles Ledger);
}
