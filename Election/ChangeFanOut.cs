using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AspireElection.Telemetry;

namespace AspireElection;

/// <summary>
/// Tells every subscriber what changed. A slow subscriber never holds up the election: it loses the oldest changes,
/// and the loss is counted.
/// </summary>
internal sealed class ChangeFanOut(ElectionTelemetry telemetry)
{
    private const int Capacity = 256;

    private readonly ConcurrentDictionary<Channel<ElectionChange>, byte> _subscribers = new();
    private volatile bool _completed;

    public void Publish(ElectionChange change)
    {
        foreach (var (subscriber, _) in _subscribers)
            subscriber.Writer.TryWrite(change);
    }

    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<ElectionChange>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => telemetry.ChangeDropped());
        _subscribers.TryAdd(channel, 0);
        // Looked at after joining: who joins while the last ones are told must not wait for news that never come.
        if (_completed)
            channel.Writer.TryComplete();
        return new Subscription(this, channel);
    }

    /// <summary>Ends every subscription when the candidate has stopped.</summary>
    public void Complete()
    {
        _completed = true;
        foreach (var (subscriber, _) in _subscribers)
            subscriber.Writer.TryComplete();
    }

    internal sealed class Subscription(ChangeFanOut fanOut, Channel<ElectionChange> channel) : IDisposable
    {
        /// <summary>Reads until the candidate has stopped. (The channel's own way leaves the caller's context.)</summary>
        public async IAsyncEnumerable<ElectionChange> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                while (channel.Reader.TryRead(out var change))
                    yield return change;
            }
        }

        public void Dispose() => fanOut._subscribers.TryRemove(channel, out _);
    }
}
