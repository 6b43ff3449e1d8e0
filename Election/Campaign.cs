using AspireElection.Telemetry;
using AspireElection.Timing;

namespace AspireElection;

/// <summary>
/// Stands in line until the seat is granted: one try of the store after the other, each with all that is known of the
/// seat, and with a growing pause after those that failed.
/// </summary>
internal sealed class Campaign
{
    private readonly ILeaseStore _store;
    private readonly INode _node;
    private readonly SeatObserver _observer;
    private readonly TimeProvider _clock;
    private readonly ElectionThreads _threads;
    private readonly ElectionTelemetry _telemetry;
    private readonly StoreHealth _health;
    private readonly LeadershipTimes _times;
    private readonly Random _random;
    private Candidacy _candidacy;
    private CancellationTokenSource? _standing;
    private RetryPause? _pause;
    private volatile bool _stops;

    public Campaign(
        ILeaseStore store,
        INode node,
        SeatObserver observer,
        LeadershipTimes times,
        TimeProvider clock,
        ElectionThreads threads,
        ElectionTelemetry telemetry,
        StoreHealth health,
        Random random)
    {
        _store = store;
        _node = node;
        _observer = observer;
        _clock = clock;
        _threads = threads;
        _telemetry = telemetry;
        _health = health;
        _times = times;
        _random = random;
        _candidacy = NewCandidacy();
    }

    /// <summary>One try; null when it failed, after a pause, or was ended to stand anew.</summary>
    public async Task<Grant?> StandAsync()
    {
        var standsSince = _clock.GetTimestamp();
        using var span = _telemetry.StartCampaign();
        using var standing = new CancellationTokenSource();
        Interlocked.Exchange(ref _standing, standing);
        try
        {
            // After it can be found by who stops the node.
            if (_stops)
                return null;
            // After it can be told of a new priority, so that one of both is the newest.
            _candidacy = NewCandidacy();
            var grant = await _store.AcquireAsync(_candidacy, standing.Token);
            span?.SetTag("election.term", grant.Term.Token);
            _telemetry.CampaignEnded(_clock.GetElapsedTime(standsSince), null);
            _pause?.Reset();
            _health.Reached();
            _candidacy.SawToken(grant.Term.Token);
            return grant;
        }
        catch (OperationCanceledException) when (standing.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            _telemetry.CampaignEnded(_clock.GetElapsedTime(standsSince), exception);
            ElectionTelemetry.Fail(span, exception);
            _health.Failed(exception);
            await Pause.NextAsync();
            return null;
        }
        finally
        {
            Volatile.Write(ref _standing, null);
        }
    }

    /// <summary>
    /// The node presents itself differently: stores that know a waiter by what it said when it lined up would go on
    /// ranking it by that.
    /// </summary>
    public void StandAnew()
    {
        if (Volatile.Read(ref _standing) is { } standing)
            _threads.Cancel(standing);
    }

    /// <summary>What was seen of the seat while the node stands.</summary>
    public void Saw(Sighting sighting) => _candidacy.Saw(sighting);

    /// <summary>Until the time has passed or the node stops.</summary>
    public async Task PauseAsync(TimeSpan time) => await Pause.ForAsync(time);

    /// <summary>Whether the node stops.</summary>
    public bool Stops => _stops;

    /// <summary>The node stops: it stands no more, and waits no more.</summary>
    public void Stop()
    {
        _stops = true;
        Interlocked.MemoryBarrier();
        _pause?.Stop();
        try
        {
            Volatile.Read(ref _standing)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The store answered in this very moment.
        }
    }

    /// <summary>Made with the first failure. Who stops the node either finds it, or has said before that it stops.</summary>
    private RetryPause Pause
    {
        get
        {
            if (_pause is { } known)
                return known;
            var pause = new RetryPause(_times, _clock, _random);
            Interlocked.Exchange(ref _pause, pause);
            if (_stops)
                pause.Stop();
            return pause;
        }
    }

    private Candidacy NewCandidacy()
    {
        var candidacy = _node.Stand();
        candidacy.SawToken(_observer.HighestTerm);
        if (_observer.Known is { } known)
            candidacy.Saw(known);
        return candidacy;
    }
}
