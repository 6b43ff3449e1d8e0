using System.Runtime.CompilerServices;
using AspireElection.Telemetry;

namespace AspireElection;

/// <summary>
/// One watch of each seat for all who observe it in a process, and the fan-out from it to them: the first observer
/// begins it, the last one ends it. Who joins is given what was seen last; who is slow is given the newest.
/// </summary>
/// <param name="store">The kind of store, for telemetry.</param>
/// <param name="watch">Watches the seat of an election: as it is, then its changes, until cancelled or broken.</param>
internal sealed class Observations(string store, Func<string, CancellationToken, IAsyncEnumerable<Sighting>> watch)
{
    /// <summary>Sightings that wait for a slow observer.</summary>
    private const int Kept = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watch> _watches = new(StringComparer.Ordinal);

    /// <summary>A fan-out of sightings whose losses are counted as those of <paramref name="election"/>.</summary>
    public static FanOut<Sighting> NewFanOut(string election, string store) =>
        new(Kept, () => ElectionTelemetry.SightingDropped(election, store));

    public async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (seat, subscription) = Join(election);
        try
        {
            await foreach (var sighting in subscription.ReadAsync(cancellationToken))
                yield return sighting;
        }
        finally
        {
            Leave(seat, subscription);
        }
    }

    private (Watch Seat, Subscription<Sighting> Subscription) Join(string election)
    {
        Watch? begun = null;
        (Watch, Subscription<Sighting>) joined;
        lock (_gate)
        {
            if (!_watches.TryGetValue(election, out var seat))
                _watches[election] = seat = begun = new Watch(election, store);
            seat.Observers++;
            joined = (seat, seat.Last is { } last ? seat.FanOut.Subscribe(last) : seat.FanOut.Subscribe());
        }

        if (begun is not null)
            _ = WatchAsync(begun);
        return joined;
    }

    private void Leave(Watch seat, Subscription<Sighting> subscription)
    {
        subscription.Dispose();
        lock (_gate)
        {
            if (--seat.Observers > 0)
                return;
            Forget(seat);
        }

        seat.Ending.Cancel();
    }

    private async Task WatchAsync(Watch seat)
    {
        Exception? end = null;
        try
        {
            await foreach (var sighting in watch(seat.Election, seat.Ending.Token))
                Tell(seat, sighting);
        }
        catch (Exception exception)
        {
            // Whatever ended the watch is told to its observers, who observe anew.
            end = exception;
        }

        lock (_gate)
        {
            Forget(seat);
            seat.FanOut.Complete(end);
        }
    }

    /// <summary>Together with joining, so that nobody joins between what was seen last and what is told.</summary>
    private void Tell(Watch seat, Sighting sighting)
    {
        lock (_gate)
        {
            seat.Last = sighting;
            seat.FanOut.Publish(sighting);
        }
    }

    private void Forget(Watch seat)
    {
        if (_watches.GetValueOrDefault(seat.Election) == seat)
            _watches.Remove(seat.Election);
    }

    private sealed class Watch(string election, string store)
    {
        public string Election => election;

        public FanOut<Sighting> FanOut { get; } = NewFanOut(election, store);

        public CancellationTokenSource Ending { get; } = new();

        public Sighting? Last { get; set; }

        public int Observers { get; set; }
    }
}
