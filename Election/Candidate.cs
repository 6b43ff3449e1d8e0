using System.Runtime.CompilerServices;
using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection;

/// <summary>
/// A node in an election: it campaigns until the seat is granted, leads until it resigns or loses it, and campaigns
/// again. Meanwhile it observes who leads and keeps its place among the members. Safe for use by several threads.
/// </summary>
/// <remarks>
/// A leader believes in its term until <c>anchor + lease − margin</c>, where the anchor is the sending of the last
/// request that the store confirmed: so it stops before anybody else can be elected, whatever is slow or lost.
/// </remarks>
public sealed class Candidate : IAsyncDisposable, INode
{
    private const int ChangesKept = 256;

    private readonly IElectionStore _store;
    private readonly Func<string?> _address;
    private readonly bool _watchesOnly;
    private ElectionOptions? _unread;
    private IReadOnlyList<Func<Leadership, Task>> _whileLeading = [];
    private readonly LeadershipTimes _times;
    private readonly TimeProvider _clock;
    private readonly ElectionThreads _threads;
    private readonly ElectionTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly StoreHealth _health;
    private readonly Presence _presence;
    private readonly SeatObserver _observer;
    private readonly Attendance? _attendance;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Campaign _campaign;
    private Task _observing = Task.CompletedTask;
    private Task _beating = Task.CompletedTask;
    private Task _campaigning = Task.CompletedTask;
    private Task _listening = Task.CompletedTask;
    private CallbackLoop? _callbacks;
    private FanOut<ElectionChange>? _changes;
    private Announcements? _announcements;
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
        Random random)
    {
        if (ElectionOptionsValidator.Problems(election, options) is { Count: > 0 } problems)
            throw new ArgumentException(string.Join("; ", problems.Select(p => $"{p.Setting} is {p.Value}; allowed: {p.Allowed}")));
        Election = election;
        _store = store;
        _address = options.Address;
        _watchesOnly = options.Observer;
        _unread = options;
        _priority = options.Priority;
        _times = LeadershipTimes.From(options);
        _clock = clock;
        _threads = threads;
        _logger = logger ?? NullLogger.Instance;
        Id = CandidateId.New(options.NodeId, options.InstanceId, random);
        _telemetry = new ElectionTelemetry(this, store.Kind, options.ElectionAttributes);
        _health = new StoreHealth(election, store.Kind, clock, _logger);
        if (options.Announcements is { } announcements)
        {
            if (announcements.Election != election)
                throw new ArgumentException($"Announcements is of election '{announcements.Election}'; allowed: one of election '{election}'");
            _announcements = announcements;
            _attendance = _watchesOnly ? null : new Attendance(announcements, Id, _times.Trust, clock);
        }

        _presence = new Presence(store, _times, clock, _health, random, this);
        _observer = new SeatObserver(store, election, _times, clock, _health, random, this);
        _campaign = new Campaign(store, this, _observer, _times, clock, threads, _telemetry, _health, random);
    }

    /// <summary>The election's name.</summary>
    public string Election { get; }

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
    public Role Role => RoleOf(IsLeader, _observer.Leader);

    /// <summary>Who leads, as far as this node knows; null when nobody is known to.</summary>
    public Leader? Leader => Leadership is { } own ? OwnAsLeader(own) : _observer.Leader;

    /// <summary>All members as of the last heartbeat, those among them that have fallen silent lately.</summary>
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
    public string? StoreTrouble => _health.Trouble;

    /// <summary>For how long the store has not answered; zero while it does.</summary>
    public TimeSpan StoreOutage => _health.Outage;

    /// <summary>The lease duration in use.</summary>
    public TimeSpan LeaseDuration => _times.Lease;

    /// <summary>When a silent member may be taken off the list.</summary>
    public TimeSpan NodeTimeout => _times.NodeTimeout;

    /// <summary>What leaders of this process announce: those that share it by <see cref="ElectionOptions.Announcements"/>.</summary>
    public Announcements Announcements
    {
        get
        {
            if (Volatile.Read(ref _announcements) is { } known)
                return known;
            var own = new Announcements(Election);
            if (Interlocked.CompareExchange(ref _announcements, own, null) is { } other)
                return other;
            // It may lead already: nobody could listen before.
            if (Leadership is { } held)
            {
                own.Lead(OwnAsLeader(held));
                if (!held.IsTrusted)
                    own.End(held.Token);
            }

            return own;
        }
    }

    /// <summary>Where the election lives.</summary>
    public IElectionStore Store => _store;

    internal ElectionTelemetry Telemetry => _telemetry;

    /// <summary>Work beside <see cref="ElectionOptions.WhileLeading"/>; to be added before the start.</summary>
    internal void AddWork(Func<Leadership, Task> work) => (_work ??= []).Add(work);

    /// <summary>Starts campaigning (unless an observer), observing and heartbeats. Returns at once.</summary>
    /// <exception cref="InvalidOperationException">It was started before: a stopped candidate does not come back.</exception>
    public Task StartAsync() => StartOnce()
        ? Task.CompletedTask
        : throw new InvalidOperationException($"The candidate {Id} of election '{Election}' was started before; make a new one.");

    /// <summary>
    /// Waits until this node leads and returns what it holds; disposing that resigns. Starts the candidate where it is
    /// not started.
    /// </summary>
    public async Task<Leadership> CampaignAsync(CancellationToken cancellationToken = default)
    {
        using var changes = Changes.Subscribe();
        StartOnce();
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
    /// Joins those who are told of changes, before it returns: every change from now on, in order, until the candidate
    /// is stopped or the subscription disposed. Its <see cref="Subscription{T}.Lost"/> counts what it was too slow for.
    /// </summary>
    public Subscription<ElectionChange> Subscribe() => Changes.Subscribe();

    /// <summary>
    /// Every change from now on, in order, until the candidate is stopped. A reader that falls more than 256 changes
    /// behind loses the oldest, which is counted.
    /// </summary>
    public async IAsyncEnumerable<ElectionChange> ObserveAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var changes = Changes.Subscribe();
        await foreach (var change in changes.ReadAsync(cancellationToken))
            yield return change;
    }

    /// <summary>
    /// Gives the seat to a successor: work is told to stop and drains while renewals go on, at most for the drain
    /// limit; then the seat is released. The node does not stand for one lease, unless it is alone.
    /// </summary>
    /// <returns>False when this node does not lead.</returns>
    public Task<bool> ResignAsync() => ResignAsync(Volatile.Read(ref _tenure), LossReason.Resigned);

    /// <summary>The election as this node sees it, from memory.</summary>
    public ElectionSnapshot Snapshot()
    {
        var own = Leadership;
        var seen = _observer.Leader;
        var leader = own is null ? seen : OwnAsLeader(own);
        return new ElectionSnapshot(
            Election,
            _store.Kind,
            Id,
            RoleOf(own is not null, seen),
            own?.Token ?? Math.Max(_observer.HighestTerm, 0),
            own is not null,
            leader,
            own?.TrustLeft is { } trust ? trust + _times.Margin : leader is null ? TimeSpan.Zero : _clock.Until(_observer.EndsAt),
            Priority,
            _observer.Transitions,
            _presence.Members)
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
            return _clock.GetElapsedTime(turnedAt);
        }
    }

    /// <summary>Resigns where it leads, leaves the members and ends. Bounded by drain limit, lease and one store call.</summary>
    public Task StopAsync()
    {
        // One stop for all who ask: who disposes the store after a second call must not cut off the release of the first.
        var own = new TaskCompletionSource();
        if (Interlocked.CompareExchange(ref _stopped, own.Task, null) is { } underWay)
            return underWay;
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
        _telemetry.Unregister();
    }

    /// <summary>A store that ignores its token must not keep the process; what it does afterwards is nobody's.</summary>
    private async Task LoopsEndAsync()
    {
        try
        {
            await Task.WhenAll(_observing, _beating, _campaigning, _listening).WaitAsync(_times.Lease, _clock);
        }
        catch (TimeoutException exception)
        {
            ElectionLog.StoreHangs(_logger, _store.Kind, Election, _times.Lease.TotalSeconds, exception);
        }
    }

    private bool StartOnce()
    {
        if (Interlocked.Exchange(ref _isStarted, true))
            return false;
        _telemetry.Register();
        // Callbacks and work may be added until the start; what else was set has been read.
        _whileLeading = (IReadOnlyList<Func<Leadership, Task>>?)_unread!.WorkIfAny ?? [];
        if (_unread.CallbacksIfAny is { } calls)
        {
            _callbacks = CallbackLoop.Start(
                Changes.Subscribe(), calls, Id, () => !_watchesOnly && !_standsDown, _threads, _clock, Election, _logger);
        }

        _unread = null;
        _observing = _observer.RunAsync(_threads, _leaving.Token);
        _beating = _presence.RunAsync(_threads);
        _campaigning = _watchesOnly ? Task.CompletedTask : CampaignForEverAsync();
        _listening = _attendance is null ? Task.CompletedTask : _threads.Start(() => _attendance.RunAsync(_leaving.Token));
        return true;
    }

    private async Task CampaignForEverAsync()
    {
        await _threads.OffTheCallerAsync();
        var told = false;
        while (!_standsDown && !_campaign.Stops)
        {
            try
            {
                if (!told)
                {
                    told = true;
                    ElectionLog.Stands(_logger, Id.NodeId, Election, _store.Kind, _store.Promise);
                }

                if (await _campaign.StandAsync() is { } grant && await BeginAsync(grant) is { } tenure)
                {
                    await tenure.RunAsync(_work is null ? _whileLeading : [.. _whileLeading, .. _work]);
                    await AfterAsync(tenure.Leadership);
                }
            }
            catch (Exception exception)
            {
                // A logger, a listener or the address of the user's threw. A node that never stands again, and says
                // nothing of it, would be worse than one that begins anew after the lease that it may have left behind.
                await BeginAnewAsync(exception);
            }
        }
    }

    private async Task BeginAnewAsync(Exception exception)
    {
        try
        {
            if (Volatile.Read(ref _tenure) is { } tenure)
                await tenure.AbandonAsync();
            ElectionLog.CampaignBroke(_logger, Election, exception);
        }
        catch (Exception)
        {
            // What threw before throws again; it was told as far as it can be.
        }

        Volatile.Write(ref _tenure, null);
        await _campaign.PauseAsync(_times.Lease);
    }

    /// <summary>Begins to lead; null where the grant came too late.</summary>
    private async Task<Tenure?> BeginAsync(Grant grant)
    {
        var window = new TrustWindow(_clock, grant.AnchoredAt + _times.Trust.ToTicksOf(_clock));
        var leadership = new Leadership(
            grant.Term, _clock.GetUtcNow(), window, _clock, _threads, this)
        {
            Succession = _observer.Before(grant),
        };
        var tenure = new Tenure(_store, _times, _clock, _threads, _telemetry, _health, _logger, this, leadership, grant.AnchoredAt);
        if (_campaign.Stops || !leadership.IsTrusted)
        {
            // The grant came too late, or nobody wants it any more: no callback, no work, and the seat goes on.
            await tenure.GiveBackAsync();
            return null;
        }

        // A full fence: who stops sets its flag first and then looks for a tenure, so that one of both sees the other.
        Interlocked.Exchange(ref _tenure, tenure);
        if (_campaign.Stops)
            tenure.Resign(LossReason.Stopped);
        // The session may have ended while the grant was on its way: there was no tenure yet to be told so.
        if (_doubted)
            tenure.Doubt();
        Tell(new ElectionChange.BecameLeader(_clock.GetUtcNow(), leadership));
        // Before any news of the seat: one that was free before the grant would be taken for the end of it.
        _observer.Took(OwnAsLeader(leadership));
        Volatile.Read(ref _announcements)?.Lead(OwnAsLeader(leadership));
        tenure.WatchTrust();
        // Who waits for the term hears of it first; what else begins with it would be ahead of that on a busy machine.
        await Task.Yield();
        if (leadership.EndedBecause is null)
        {
            _telemetry.BecameLeader(leadership.LeaderlessBefore);
            ElectionLog.BecameLeader(_logger, Id.NodeId, Election, leadership.Token);
        }

        _presence.Refresh();
        return tenure;
    }

    private async Task AfterAsync(Leadership leadership)
    {
        Volatile.Write(ref _tenure, null);
        _presence.RefreshSoon();
        if (leadership.EndedBecause is LossReason.Resigned)
            await Precedence.HoldOffAsync(_campaign);
    }

    private static async Task<bool> ResignAsync(Tenure? tenure, LossReason reason)
    {
        if (tenure is null)
            return false;
        tenure.Resign(reason);
        await tenure.Over;
        return tenure.Leadership.EndedBecause == reason;
    }

    private Tenure? TenureOf(Leadership held) => Volatile.Read(ref _tenure) is { } tenure && tenure.Leadership == held ? tenure : null;

    void INode.Renewed(Leadership leadership) => Volatile.Read(ref _announcements)?.Beat(OwnAsLeader(leadership));

    void INode.GaveBack() => _presence.Refresh();

    Task INode.ResignAsync(Leadership leadership) => ResignAsync(TenureOf(leadership), LossReason.Resigned);

    void INode.Ended(Leadership leadership, LossReason reason)
    {
        // A grant that came too late was never announced, so there is nothing to take back.
        if (TenureOf(leadership) is not { } tenure)
            return;
        _observer.Gave(leadership.Token);
        Volatile.Read(ref _announcements)?.End(leadership.Token);
        if (!tenure.GivesBack)
            _presence.Refresh();
        _telemetry.LostLeadership(_clock.GetUtcNow() - leadership.Since, reason);
        ElectionLog.LostLeadership(_logger, Id.NodeId, Election, leadership.Token, reason);
        Tell(new ElectionChange.LostLeadership(_clock.GetUtcNow(), leadership, reason));
        Tell(new ElectionChange.Leaderless(_clock.GetUtcNow()));
        tenure.Ended();
    }

    void INode.Saw(Sighting sighting, bool newLeader)
    {
        _campaign.Saw(sighting);
        if (newLeader && sighting.Leader is { } leader)
        {
            ElectionLog.NewLeader(_logger, leader.NodeId, Election, leader.Term);
            Tell(new ElectionChange.NewLeader(_clock.GetUtcNow(), leader));
            _presence.RefreshSoon();
        }
        else if (sighting.Leader is null)
        {
            Tell(new ElectionChange.Leaderless(_clock.GetUtcNow()));
            _presence.RefreshSoon();
        }
    }

    void INode.MembersHeard()
    {
        if (Volatile.Read(ref _tenure) is { } tenure && Precedence.BetterStands(tenure, Priority))
            tenure.Resign(LossReason.Preempted);
    }

    Candidacy INode.Stand()
    {
        _doubted = false;
        return new Candidacy(Election, Id, _times.Lease, Priority, _address(), this) { RetryPeriod = _times.RetryPeriod };
    }

    void INode.Doubt()
    {
        _doubted = true;
        Volatile.Read(ref _tenure)?.Doubt();
    }

    /// <summary>Without the address: the one of the user may throw, and a question about the living must not.</summary>
    private Member SelfUnlisted() => new(Election, Id, Role, Priority, null, _observer.HighestTerm);

    Member INode.Self() => new(
        Election, Id, Role, Priority, _address(), _observer.HighestTerm);

    private Leader OwnAsLeader(Leadership own) =>
        new(Id.NodeId, Id.Incarnation, _address(), own.Token, own.Since);

    private Precedence Precedence => new(Id, _presence, _observer, _times, _clock);

    private FanOut<ElectionChange> Changes
    {
        get
        {
            if (Volatile.Read(ref _changes) is { } known)
                return known;
            var own = new FanOut<ElectionChange>(ChangesKept, _telemetry.ChangeDropped);
            return Interlocked.CompareExchange(ref _changes, own, null) ?? own;
        }
    }

    private void Tell(ElectionChange change) => Volatile.Read(ref _changes)?.Publish(change);

    private Role RoleOf(bool leads, Leader? seen) =>
        !_isStarted || _campaign.Stops ? Role.Stopped
        : leads ? Role.Leader
        : _watchesOnly ? Role.Observer
        : seen is null || _attendance?.Misses(seen) == true ? Role.Candidate
        : Role.Follower;
}
