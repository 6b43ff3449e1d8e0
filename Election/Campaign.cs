using AspireElection.Telemetry;

namespace AspireElection;

/// <summary>
/// Stands in line until the seat is granted: one try of the store after the other, each with all that is known of the
/// seat, and with a growing pause after those that failed.
/// </summary>
internal sealed class Campaign
{
    private readonly Equipment _with;
    private readonly SeatObserver _observer;
    private Candidacy _candidacy;
    private CancellationTokenSource? _standing;
    private LatePause _pause;

    public Campaign(Equipment with, SeatObserver observer)
    {
        _with = with;
        _observer = observer;
        _candidacy = NewCandidacy();
    }

    /// <summary>One try; null when it failed, after a pause, or was ended to stand anew.</summary>
    public async Task<Grant?> StandAsync()
    {
        var standsSince = _with.Clock.GetTimestamp();
        using var span = _with.Telemetry.StartCampaign();
        using var standing = new CancellationTokenSource();
        Interlocked.Exchange(ref _standing, standing);
        try
        {
            // After it can be found by who stops the node.
            if (Stops)
                return null;
            // After it can be told of a new priority, so that one of both is the newest.
            _candidacy = NewCandidacy();
            var grant = await _with.Store.AcquireAsync(_candidacy, standing.Token);
            span?.SetTag("election.term", grant.Term.Token);
            _with.Telemetry.CampaignEnded(_with.Clock.GetElapsedTime(standsSince), null);
            _pause.Reset();
            _with.Health.Reached();
            _candidacy.SawToken(grant.Term.Token);
            return grant;
        }
        catch (OperationCanceledException) when (standing.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            _with.Telemetry.CampaignEnded(_with.Clock.GetElapsedTime(standsSince), exception);
            ElectionTelemetry.Fail(span, exception);
            _with.Health.Failed(exception);
            await _pause.Of(_with).NextAsync();
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
            _with.Threads.Cancel(standing);
    }

    /// <summary>What was seen of the seat while the node stands.</summary>
    public void Saw(Sighting sighting) => _candidacy.Saw(sighting);

    /// <summary>Until the time has passed or the node stops.</summary>
    public async Task PauseAsync(TimeSpan time) => await _pause.Of(_with).ForAsync(time);

    /// <summary>Whether the node stops.</summary>
    public bool Stops => _pause.Stops;

    /// <summary>The node stops: it stands no more, and waits no more.</summary>
    public void Stop()
    {
        _pause.Stop();
        try
        {
            Volatile.Read(ref _standing)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The store answered in this very moment.
        }
    }

    private Candidacy NewCandidacy()
    {
        var candidacy = _with.Node.Stand();
        candidacy.SawToken(_observer.HighestTerm);
        if (_observer.Known is { } known)
            candidacy.Saw(known);
        return candidacy;
    }
}
