using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace AspireElection;

/// <summary>
/// A subscriber's own bounded queue of news. Who reads too slowly loses the oldest, which <see cref="Lost"/> counts;
/// whoever publishes never waits. Disposing it leaves, at any time. To be read by one reader at a time.
/// </summary>
/// <typeparam name="T">The news.</typeparam>
public sealed class Subscription<T> : IDisposable
{
    private readonly Channel<T> _queue;
    private readonly Action<Subscription<T>> _leave;
    private long _lost;

    internal Subscription(int capacity, Action? dropped, Action<Subscription<T>> leave)
    {
        _leave = leave;
        _queue = Channel.CreateBounded<T>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ =>
            {
                Interlocked.Increment(ref _lost);
                dropped?.Invoke();
            });
    }

    /// <summary>How many news this subscriber has lost so far, because it was slow.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>
    /// Reads the news in order, until it ends or this subscription is disposed; throws what ended it where something
    /// broke.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading with an <see cref="OperationCanceledException"/>; the subscription stays.</param>
    /// <remarks>
    /// Not by the channel's own <c>ReadAllAsync</c>: that leaves the caller's context, and with it the one thread of a
    /// simulation.
    /// </remarks>
    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_queue.Reader.TryRead(out var news))
                yield return news;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leave(this);
        // A reader that waits in another thread would otherwise wait for ever.
        _queue.Writer.TryComplete();
    }

    internal void Tell(T news) => _queue.Writer.TryWrite(news);

    internal void End(Exception? end) => _queue.Writer.TryComplete(end);
}
