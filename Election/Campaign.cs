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
    private readonly Func<Candidacy> _stand;
    private readonly SeatObserver _observer;
    private readonly TimeProvider _clock;
    private readonly ElectionThreads _threads;
    private readonly ElectionTelemetry _telemetry;
    private readonly StoreHealth _health;
    private readonly CancellationToken _stopping;
    private readonly Backoff _backoff;
    private readonly Wake _pause;
    private Candidacy _candidacy;
    private CancellationTokenSource? _standing;

    public Campaign(
        ILeaseStore store,
        Func<Candidacy> stand, // how the node presents itself at the next try
        SeatObserver observer,
        LeadershipTimes times,
        TimeProvider clock,
        ElectionThreads threads,
        ElectionTelemetry telemetry,
        StoreHealth health,
        Random random,
        CancellationToken stopping)
    {
        _store = store;
        _stand = stand;
        _observer = observer;
        _clock = clock;
        _threads = threads;
        _telemetry = telemetry;
        _health = health;
        _stopping = stopping;
        _backoff = new Backoff(times.RetryPeriod, times.Lease, random);
        _pause = new Wake(clock, times.Slice);
        _candidacy = NewCandidacy();
    }

    /// <summary>One try; null when it failed, after a pause, or was ended to stand anew.</summary>
    public async Task<Grant?> StandAsync()
    {
        var standsSince = _clock.GetTimestamp();
        using var span = _telemetry.StartCampaign();
        using var standing = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        Volatile.Write(ref _standing, standing);
        try
        {
            // After it can be told of a new priority, so that one of both is the newest.
            _candidacy = NewCandidacy();
            var grant = await _store.AcquireAsync(_candidacy, standing.Token);
            span?.SetTag("election.term", grant.Term.Token);
            _telemetry.CampaignEnded(_clock.GetElapsedTime(standsSince), null);
            _backoff.Reset();
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
            await PauseAsync(_backoff.Next());
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

    /// <summary>Until the time has passed or somebody hurries.</summary>
    public async Task PauseAsync(TimeSpan time) => await _pause.WaitUntilAsync(_clock.After(time));

    /// <summary>Ends a pause: the node stops.</summary>
    public void Hurry() => _pause.Set();

    private Candidacy NewCandidacy()
    {
        var candidacy = _stand();
        candidacy.SawToken(_observer.HighestTerm);
        if (_observer.Known is { } known)
            candidacy.Saw(known);
        return candidacy;
    }
}
