namespace AspireElection;

/// <summary>
/// One observer of a seat: the sightings that wait for it, read as a sequence. What an async iterator over a subscription
/// would do, without its machinery in each of ten thousand elections.
/// </summary>
internal sealed class Observation(Observations observations, string election, CancellationToken cancellation)
    : IAsyncEnumerable<Sighting>, IAsyncEnumerator<Sighting>
{
    private readonly NewsQueue<Sighting> _news = new(Observations.Kept);
    private CancellationTokenSource? _either;
    private ObservedSeat? _seat;
    private Sighting? _current;

    public Sighting Current
    {
        get
        {
            if (_current is null && _news.TryRead(out var next))
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
        if (_seat is not null)
        {
            // Who goes on without having looked has had it all the same.
            _ = Current;
            _current = null;
        }
        else
        {
            if (cancellation.IsCancellationRequested)
                return ValueTask.FromCanceled<bool>(cancellation);
            _seat = observations.Join(election, this);
        }

        return _news.WaitAsync(cancellation);
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _seat, null) is { } seat)
        {
            observations.Leave(seat, this);
            // A reader that waits in another thread would otherwise wait for ever.
            End(null);
        }

        _either?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The seat was seen; who is slow loses the oldest.</summary>
    public void Tell(Sighting sighting)
    {
        if (!_news.Add(sighting))
            observations.Dropped(election);
    }

    /// <summary>Nothing comes after what waits; it throws then where something broke.</summary>
    public void End(Exception? reason) => _news.End(reason);
}
