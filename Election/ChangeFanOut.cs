using System.Collections.Concurrent;
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
        return new Subscription(this, channel);
    }

    /// <summary>Ends every subscription when the candidate has stopped.</summary>
    public void Complete()
    {
        foreach (var (subscriber, _) in _subscribers)
            subscriber.Writer.TryComplete();
    }

    internal readonly struct Subscription(ChangeFanOut fanOut, Channel<ElectionChange> channel) : IDisposable
    {
        public ChannelReader<ElectionChange> Reader => channel.Reader;

        public void Dispose() => fanOut._subscribers.TryRemove(channel, out _);
    }
}
