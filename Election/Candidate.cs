using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection;

/// <summary>
/// A node in an election: it campaigns until the seat is granted, leads until it resigns or loses it, and campaigns
/// again. Meanwhile it observes who leads and keeps its place among the members. Safe for use by several threads.
/// </summary>
/// <remarks>
/// A leader believes in its term until <c>anchor + lease − margin</c>, where the anchor is the sending of the last
/// request that the store confirmed: so it stops before anybody else can be elected, whatever is slow or lost.
/// </remarks>
public sealed partial class Candidate : IAsyncDisposable, INode
{
    private readonly Func<string?> _address;
    private readonly bool _watchesOnly;
    private ElectionOptions? _unread;
    private IReadOnlyList<Func<Leadership, Task>> _whileLeading = [];
    private readonly Equipment _with;
    private readonly Presence _presence;
    private readonly SeatObserver _observer;
    private readonly Attendance? _attendance;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Campaign _campaign;
    private Task _observing = Task.CompletedTask;
    private Task _campaigning = Task.CompletedTask;
    private Task _listening = Task.CompletedTask;
    private List<Func<Leadership, Task>>? _work;
    private Tenure? _tenure;
    private Task? _stopped;
    private bool _isStarted;
    private volatile bool _standsDown;
    private volatile bool _doubted;
    private int _priority;

    /// <summary>A node in an election, not started yet.</summary>
    /// <param name="election">The election's name, 1–128 characters of <c>A-Z a-z 0-9 . _ -</c>.</param>
    /// <param name="store">Where the election lives; it is not disposed with the candidate.</param>
    /// <param name="options">Settings; read once.</param>
    /// <param name="logger">Where to log; default nowhere.</param>
    /// <exception cref="ArgumentException">Settings cannot be; the message names all problems.</exception>
    public Candidate(string election, IElectionStore store, ElectionOptions options, ILogger? logger = null)
#pragma warning disable RS0030 // The one place at which the ambient source of randomness enters.
        : this(election, store, options, logger, BootClock.Instance, ElectionThreads.OfProcess, Random.Shared)
#pragma warning restore RS0030
    {
    }

    internal Candidate(
        string election,
        IElectionStore store,
        ElectionOptions options,
        ILogger? logger,
        TimeProvider clock,
        ElectionThreads threads,
        Random random,
        bool isRehearsal = false)
    {
        if (ElectionOptionsValidator.Problems(election, options) is { Count: > 0 } problems)
            throw new ArgumentException(string.Join("; ", problems.Select(p => $"{p.Setting} is {p.Value}; allowed: {p.Allowed}")));
        _address = options.Address;
        _watchesOnly = options.Observer;
        _unread = options;
        _priority = options.Priority;
        Id = CandidateId.New(options.NodeId, options.InstanceId, random);
        var telemetry = new ElectionTelemetry(this, store.Kind, options.ElectionAttributes, isRehearsal);
        _with = new Equipment(
            election, store, LeadershipTimes.From(options), clock, threads, random, SteadyLogger.Of(logger), telemetry, this);
        if (options.Announcements is { } announcements)
        {
            if (announcements.Election != election)
                throw new ArgumentException($"Announcements is of election '{announcements.Election}'; allowed: one of election '{election}'");
            _announcements = announcements;
            _attendance = _watchesOnly ? null : new Attendance(announcements, Id, Times.Trust, clock);
        }

        _presence = new Presence(_with);
        _observer = new SeatObserver(_with);
        _campaign = new Campaign(_with, _observer);
    }

    /// <summary>The election's name.</summary>
    public string Election => _with.Election;

    /// <summary>This node and this incarnation of it.</summary>
    public CandidateId Id { get; }

    /// <summary>
    /// Whether this node leads now: one clock read, no allocation, no lock, no stored flag. Long work should rather
    /// hold the <see cref="Leadership"/> and its tokens.
    /// </summary>
    public bool IsLeader => Volatile.Read(ref _tenure)?.Leadership.IsTrusted ?? false;

    /// <summary>The leadership that this node holds now; null when it does not lead.</summary>
    public Leadership? Leadership => Volatile.Read(ref _tenure)?.Leadership is { IsTrusted: true } held ? held : null;

    /// <summary>What this node is in the election now.</summary>
    public Role Role => RoleOf(IsLeader, _observer.Other);

    /// <summary>Who leads, as far as this node knows; null when nobody is known to.</summary>
    public Leader? Leader => Leadership is { } own ? OwnAsLeader(own) : _observer.Other;

    /// <summary>
    /// All members as of the last heartbeat that the store answered, those among them that have fallen silent lately. Empty before the
    /// first answer, and so before the start.
    /// </summary>
    public IReadOnlyList<Member> Members => _presence.Members;

    /// <summary>
    /// The members that are alive: whose heartbeat this node has seen move, or has seen for the first time, within the
    /// last two heartbeat periods (a period is the lease, or a third of the node timeout where that is shorter). This node
    /// is among them from its start to its stop, also before its first heartbeat was answered.
    /// </summary>
    public IReadOnlyList<Member> LiveMembers =>
        _presence.Recent is var recent && (Role == Role.Stopped || recent.Any(m => m.Id == Id)) ? recent : [SelfUnlisted(), .. recent];

    /// <summary>This node's priority; for a new value the node stands in line anew.</summary>
    public int Priority
    {
        get => Volatile.Read(ref _priority);
        set
        {
            if (Interlocked.Exchange(ref _priority, value) == value)
                return;
            _campaign.StandAnew();
            _presence.Refresh();
        }
    }

    /// <summary>What is wrong with the store in one line, null while it answers.</summary>
    public string? StoreTrouble => _with.Health.Trouble;

    /// <summary>For how long the store has not answered; zero while it does.</summary>
    public TimeSpan StoreOutage => !_isStarted || _campaign.Stops ? TimeSpan.Zero : _with.Health.Outage;

    /// <summary>The lease duration in use.</summary>
    public TimeSpan LeaseDuration => Times.Lease;

    /// <summary>When a silent member may be taken off the list.</summary>
    public TimeSpan NodeTimeout => Times.NodeTimeout;

    /// <summary>Where the election lives.</summary>
    public IElectionStore Store => _with.Store;

    internal ElectionTelemetry Telemetry => _with.Telemetry;

    private LeadershipTimes Times => _with.Times;

    private TimeProvider Clock => _with.Clock;

    private ILogger Logger => _with.Logger;

    /// <summary>Work beside <see cref="ElectionOptions.WhileLeading"/>; to be added before the start.</summary>
    internal void AddWork(Func<Leadership, Task> work) => (_work ??= []).Add(work);

    /// <summary>Starts campaigning (unless an observer), observing and heartbeats. Returns at once.</summary>
    /// <exception cref="InvalidOperationException">It was started or stopped before: a stopped candidate does not come back.</exception>
    public Task StartAsync() => StartIfNew()
        ? Task.CompletedTask
        : throw new InvalidOperationException($"The candidate {Id} of election '{Election}' was started or stopped before; make a new one.");

    /// <summary>
    /// Waits until this node leads and returns what it holds; disposing that resigns. Starts the candidate where it is
    /// not started.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the candidate goes on standing.</param>
    /// <exception cref="InvalidOperationException">The node is an observer (<see cref="ElectionOptions.Observer"/>): it would wait for ever.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the candidate is stopped.</exception>
    public async Task<Leadership> CampaignAsync(CancellationToken cancellationToken = default)
    {
        if (_watchesOnly)
            throw new InvalidOperationException($"{Id.NodeId} is an observer of election '{Election}' and never leads; start it with {nameof(StartAsync)}.");
        using var changes = Changes.Subscribe();
        StartIfNew();
        if (Leadership is { } held)
            return held;
        await foreach (var change in changes.ReadAsync(cancellationToken))
        {
            if (change is ElectionChange.BecameLeader { Leadership: { IsTrusted: true } won })
                return won;
        }

        throw new OperationCanceledException($"The candidate {Id} of election '{Election}' was stopped.");
    }

    /// <summary>
    /// Gives the seat to a successor: work is told to stop and drains while renewals go on, at most for the drain
    /// limit; then the seat is released. The node does not stand for one lease, unless it is alone.
    /// </summary>
    /// <returns>
    /// True when the term ended by this. False when this node does not lead, and when its term ended otherwise before or
    /// while it drained: its trust ran out, the store said that it is lost, a better candidate or a stop was quicker.
    /// </returns>
    public Task<bool> ResignAsync() => ResignAsync(Volatile.Read(ref _tenure), LossReason.Resigned);

    /// <summary>The election as this node sees it, from memory.</summary>
    public ElectionSnapshot Snapshot()
    {
        // First: a term of this node's that the seat shows is led, or over for good, whenever its trust is looked at after that. The other way
        // round it would be told as one that is not led, and be led a moment later.
        var (other, endsAt, seenTerm, transitions) = _observer.Picture;
        var own = Leadership;
        var leader = own is null ? other : OwnAsLeader(own);
        var (role, term) = (RoleOf(own is not null, other), own?.Token ?? seenTerm);
        return new ElectionSnapshot(
            Election,
            Store.Kind,
            Id,
            role,
            term,
            own is not null,
            leader,
            own?.TrustLeft is { } trust ? trust + Times.Margin : leader is null ? TimeSpan.Zero : Clock.Until(endsAt),
            Priority,
            transitions,
            MembersAsSeen.Of(_presence.Members, Id, role, term, leader))
        {
            StoreRoundTrip = _presence.RoundTrip,
        };
    }

    /// <summary>How long the election's loops have not been seen moving; far more than a lease means that they hang.</summary>
    public TimeSpan LoopSilence
    {
        get
        {
            if (!_isStarted || _campaign.Stops)
                return TimeSpan.Zero;
            var turnedAt = Volatile.Read(ref _tenure) is { } tenure ? Math.Min(tenure.TurnedAt, _presence.TurnedAt) : _presence.TurnedAt;
            return Clock.GetElapsedTime(turnedAt);
        }
    }

    /// <summary>Resigns where it leads, leaves the members and ends. Bounded by drain limit, lease and one store call.</summary>
    public Task StopAsync()
    {
        // One stop for all who ask: who disposes the store after a second call must not cut off the release of the first.
        var own = new TaskCompletionSource();
        lock (_leaving)
        {
            if (_stopped is { } underWay)
                return underWay;
            _stopped = own.Task;
        }

        return StopOnceAsync(own);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopOnceAsync(TaskCompletionSource stopped)
    {
        try
        {
            await StopAllAsync();
        }
        finally
        {
            stopped.SetResult();
        }
    }

    private async Task StopAllAsync()
    {
        // Campaigning goes no further: a node that is alone would take the seat again that it gives back.
        _standsDown = true;
        // The tenure first: cancelled campaigning must not be mistaken for the end of a leadership that has to drain.
        await ResignAsync(Volatile.Read(ref _tenure), LossReason.Stopped);
        _campaign.Stop();
        await ResignAsync(Volatile.Read(ref _tenure), LossReason.Stopped);
        _leaving.Cancel();
        _observer.Stop();
        _presence.Stop();
        if (_isStarted)
        {
            await LoopsEndAsync();
            await _presence.LeaveAsync();
        }

        Changes.Complete();
        if (_callbacks is { } callbacks)
            await callbacks.EndAsync();
        _with.Telemetry.Unregister();
    }

    /// <summary>A store that ignores its token must not keep the process; what it does afterwards is nobody's.</summary>
    private async Task LoopsEndAsync()
    {
        try
        {
            await Task.WhenAll(_observing, PresenceEndsAsync(), _campaigning, _listening).WaitAsync(Times.Lease, Clock);
        }
        catch (TimeoutException exception)
        {
            ElectionLog.StoreHangs(Logger, Store.Kind, Election, Times.Lease.TotalSeconds, exception);
        }
    }

    private async Task PresenceEndsAsync() => await _presence.Over;

    /// <summary>False where it was started or stopped before: by whom does not matter to a host, in which users may be quicker.</summary>
    internal bool StartIfNew()
    {
        lock (_leaving)
            return !_isStarted && _stopped is null && Start();
    }

    private bool Start()
    {
        _isStarted = true;
        _with.Telemetry.Register();
        // Callbacks and work may be added until the start; what else was set has been read.
        _whileLeading = (IReadOnlyList<Func<Leadership, Task>>?)_unread!.WorkIfAny ?? [];
        if (_unread.CallbacksIfAny is { } calls)
            StartCallbacks(calls);
        _unread = null;
        _observing = _observer.RunAsync(_leaving.Token);
        _ = _presence.BeginAsync();
        _campaigning = _watchesOnly ? Task.CompletedTask : CampaignForEverAsync();
        _listening = _attendance is null ? Task.CompletedTask : _with.Threads.Start(() => _attendance.RunAsync(_leaving.Token));
        return true;
    }

    private Role RoleOf(bool leads, Leader? seen) =>
        leads ? Role.Leader
        : !_isStarted || _campaign.Stops ? Role.Stopped
        : _watchesOnly ? Role.Observer
        : seen is null || _attendance?.Misses(seen) == true ? Role.Candidate
        : Role.Follower;
}
