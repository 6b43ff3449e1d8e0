using AspireElection.Telemetry;

namespace AspireElection;

/// <summary>
/// One watch of each seat for all who observe it in a process, and the fan-out from it to them: the first observer
/// begins it, the last one ends it. Who joins is given what was seen last; who is slow is given the newest.
/// </summary>
/// <param name="store">The kind of store, for telemetry.</param>
/// <param name="watch">Watches a seat, once it is begun.</param>
internal sealed class Observations(string store, Func<ObservedSeat, ISeatWatch> watch)
{
    /// <summary>Sightings that wait for a slow observer.</summary>
    private const int Kept = 4;

    private readonly Lock _gate = new();
    private readonly Action<string> _dropped = election => ElectionTelemetry.SightingDropped(election, store);
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

    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        new Observation(this, election, cancellationToken);

    /// <summary>Tells all who observe the seat. Together with joining, so that nobody joins between what was seen last and what is told.</summary>
    internal void Tell(ObservedSeat seat, Sighting sighting)
    {
        lock (_gate)
        {
            seat.Last = sighting;
            seat.FanOut.Publish(sighting);
        }
    }

    /// <summary>The watch is over; whatever ended it is told to its observers, who observe anew.</summary>
    internal void End(ObservedSeat seat, Exception? reason)
    {
        lock (_gate)
        {
            Forget(seat);
            seat.FanOut.Complete(reason);
        }
    }

    private (ObservedSeat Seat, Subscription<Sighting> Subscription) Join(string election)
    {
        ISeatWatch? begun = null;
        (ObservedSeat, Subscription<Sighting>) joined;
        lock (_gate)
        {
            if (!_seats.TryGetValue(election, out var seat))
            {
                _seats[election] = seat = new ObservedSeat(this, election, new FanOut<Sighting>(Kept, election, _dropped));
                seat.Watch = begun = watch(seat);
            }

            seat.Observers++;
            joined = (seat, seat.Last is { } last ? seat.FanOut.Subscribe(last) : seat.FanOut.Subscribe());
        }

        begun?.Begin();
        return joined;
    }

    private void Leave(ObservedSeat seat, Subscription<Sighting> subscription)
    {
        subscription.Dispose();
        lock (_gate)
        {
            if (--seat.Observers > 0)
                return;
            Forget(seat);
        }

        seat.Watch!.End();
    }

    private void Forget(ObservedSeat seat)
    {
        if (_seats.GetValueOrDefault(seat.Election) == seat)
            _seats.Remove(seat.Election);
    }

    /// <summary>One observer: what an async iterator would do, without its machinery in each of ten thousand elections.</summary>
    private sealed class Observation(Observations observations, string election, CancellationToken cancellation)
        : IAsyncEnumerable<Sighting>, IAsyncEnumerator<Sighting>
    {
        private CancellationTokenSource? _either;
        private ObservedSeat? _seat;
        private Subscription<Sighting>? _subscription;
        private Sighting? _current;

        public Sighting Current
        {
            get
            {
                if (_current is null && _subscription?.TryRead(out var next) == true)
                    _current = next;
                return _current!;
            }
        }

        /// <summary>Each enumeration is an observer of its own; its token is that of the question, as everywhere in the core.</summary>
        public IAsyncEnumerator<Sighting> GetAsyncEnumerator(CancellationToken cancellationToken)
        {
            if (!cancellation.CanBeCanceled || !cancellationToken.CanBeCanceled || cancellation == cancellationToken)
                return new Observation(observations, election, cancellation.CanBeCanceled ? cancellation : cancellationToken);
            var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken);
            return new Observation(observations, election, either.Token) { _either = either };
        }

        public ValueTask<bool> MoveNextAsync()
        {
            if (_subscription is not null)
            {
                // Who goes on without having looked has had it all the same.
                _ = Current;
                _current = null;
                return _subscription.WaitAsync(cancellation);
            }

            if (cancellation.IsCancellationRequested)
                return ValueTask.FromCanceled<bool>(cancellation);
            (_seat, _subscription) = observations.Join(election);
            return _subscription.WaitAsync(cancellation);
        }

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _seat, null) is { } seat)
                observations.Leave(seat, _subscription!);
            _either?.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
