using System.Runtime.CompilerServices;

namespace AspireElection;

/// <summary>
/// A subscriber's own bounded queue of news. Who reads too slowly loses the oldest, which <see cref="Lost"/> counts;
/// whoever publishes never waits. Disposing it leaves, at any time. To be read by one reader at a time.
/// </summary>
/// <typeparam name="T">The news.</typeparam>
public sealed class Subscription<T> : IDisposable
{
    private readonly FanOut<T> _from;
    private readonly NewsQueue<T> _queue;
    private long _lost;

    internal Subscription(FanOut<T> from, int capacity)
    {
        _from = from;
        _queue = new NewsQueue<T>(capacity);
    }

    /// <summary>How many news this subscriber has lost so far, because it was slow.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>
    /// Reads the news in order, until it ends or this subscription is disposed; throws what ended it where something
    /// broke.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading with an <see cref="OperationCanceledException"/>; the subscription stays.</param>
    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await WaitAsync(cancellationToken))
        {
            while (TryRead(out var news))
                yield return news;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _from.Leave(this);
        // A reader that waits in another thread would otherwise wait for ever.
        _queue.End(null);
    }

    internal ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _queue.WaitAsync(cancellationToken);

    internal bool TryRead(out T news) => _queue.TryRead(out news);

    internal void Tell(T news)
    {
        if (_queue.Add(news))
            return;
        Interlocked.Increment(ref _lost);
        _from.Dropped();
    }

    internal void End(Exception? end) => _queue.End(end);
}
