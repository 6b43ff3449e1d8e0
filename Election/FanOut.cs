using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace AspireElection;

/// <summary>
/// One news to many subscribers, who come and go at any time. Each has a bounded queue of its own: a slow one loses
/// its oldest news, which is counted, and never holds up whoever publishes.
/// </summary>
/// <param name="capacity">How many news wait for one subscriber.</param>
/// <param name="dropped">Called for each news that a slow subscriber lost.</param>
internal sealed class FanOut<T>(int capacity, Action? dropped = null)
{
    private readonly ConcurrentDictionary<Channel<T>, byte> _subscribers = new();
    private volatile bool _completed;
    private Exception? _end;

    public void Publish(T news)
    {
        foreach (var (subscriber, _) in _subscribers)
            subscriber.Writer.TryWrite(news);
    }

    public Subscription Subscribe() => Join(NewQueue());

    /// <summary>Subscribes; the first news is <paramref name="first"/>.</summary>
    public Subscription Subscribe(T first)
    {
        var queue = NewQueue();
        queue.Writer.TryWrite(first);
        return Join(queue);
    }

    /// <summary>Ends every subscription after what is in its queue, with an error if one is given.</summary>
    public void Complete(Exception? end = null)
    {
        _end = end;
        _completed = true;
        foreach (var (subscriber, _) in _subscribers)
            subscriber.Writer.TryComplete(end);
    }

    private Channel<T> NewQueue() => Channel.CreateBounded<T>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        _ => dropped?.Invoke());

    private Subscription Join(Channel<T> queue)
    {
        _subscribers.TryAdd(queue, 0);
        // Looked at after joining: who joins while the last ones are told must not wait for news that never come.
        if (_completed)
            queue.Writer.TryComplete(_end);
        return new Subscription(this, queue);
    }

    internal sealed class Subscription(FanOut<T> fanOut, Channel<T> queue) : IDisposable
    {
        /// <summary>
        /// Reads until all is told. Not by the channel's own <c>ReadAllAsync</c>: that leaves the caller's context, and with
        /// it the one thread of a simulation.
        /// </summary>
        public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (await queue.Reader.WaitToReadAsync(cancellationToken))
            {
                while (queue.Reader.TryRead(out var news))
                    yield return news;
            }
        }

        public void Dispose() => fanOut._subscribers.TryRemove(queue, out _);
    }
}
