using AspireElection.Telemetry;

namespace AspireElection;

/// <summary>
/// One watch of each seat for all who observe it in a process, and the fan-out from it to them: the first observer
/// begins it, the last one ends it. Who joins is given the newest that is known; who is slow is given the newest.
/// </summary>
/// <param name="store">The kind of store, for telemetry.</param>
/// <param name="watch">Watches a seat, once it is begun.</param>
internal sealed class Observations(string store, Func<ObservedSeat, ISeatWatch> watch)
{
    /// <summary>Sightings that wait for a slow observer.</summary>
    public const int Kept = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ObservedSeat> _seats = new(StringComparer.Ordinal);

    /// <param name="store">The kind of store, for telemetry.</param>
    /// <param name="watch">Watches the seat of an election: as it is, then its changes, until cancelled or broken.</param>
    public Observations(string store, Func<string, CancellationToken, IAsyncEnumerable<Sighting>> watch)
        : this(store, seat => new EnumeratedWatch(seat, watch))
    {
    }

    /// <summary>A fan-out of sightings whose losses are counted as those of <paramref name="election"/>.</summary>
    public static FanOut<Sighting> NewFanOut(string election, string store) =>
        new(Kept, () => ElectionTelemetry.SightingDropped(election, store));

    /// <summary>Those of the seats that are observed now.</summary>
    public IReadOnlyList<ISeatWatch> Watches
    {
        get
        {
            lock (_gate)
                return [.. _seats.Values.Select(s => s.Watch!)];
        }
    }

    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        new Observation(this, election, cancellationToken);

    /// <summary>
    /// Tells all who observe the seat what is newest of it. The watch is asked together with that, as with joining: so nobody
    /// is told something older after something newer, or joins between the asking and the telling.
    /// </summary>
    internal void Tell(ObservedSeat seat)
    {
        lock (_gate)
        {
            if (seat.Watch!.Newest is { } newest)
                seat.TellAll(newest);
        }
    }

    /// <summary>The watch is over; whatever ended it is told to its observers, who observe anew.</summary>
    internal void End(ObservedSeat seat, Exception? reason)
    {
        lock (_gate)
        {
            Forget(seat);
            seat.EndAll(reason);
        }
    }

    internal ObservedSeat Join(string election, Observation observer)
    {
        ISeatWatch? begun = null;
        ObservedSeat? seat;
        lock (_gate)
        {
            if (!_seats.TryGetValue(election, out seat))
            {
                seat = new ObservedSeat(this, election);
                seat.Watch = begun = watch(seat);
                _seats[election] = seat;
            }

            seat.Add(observer);
            if (seat.Watch!.Newest is { } newest)
                observer.Tell(newest);
        }

        begun?.Begin();
        return seat;
    }

    internal void Leave(ObservedSeat seat, Observation observer)
    {
        lock (_gate)
        {
            seat.Remove(observer);
            if (seat.IsObserved)
                return;
            Forget(seat);
        }

        seat.Watch!.End();
    }

    /// <summary>A slow observer lost a sighting.</summary>
    internal void Dropped(string election) => ElectionTelemetry.SightingDropped(election, store);

    private void Forget(ObservedSeat seat)
    {
        if (_seats.GetValueOrDefault(seat.Election) == seat)
            _seats.Remove(seat.Election);
    }
}
