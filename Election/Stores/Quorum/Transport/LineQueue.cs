using System.Threading.Channels;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>
/// What waits to be sent to one peer, bounded: the oldest is dropped, and what is old when its turn comes is not sent.
/// Everything that is sent is asked or said again by its sender where it matters.
/// </summary>
internal sealed class LineQueue(TimeProvider clock)
{
    private const int Most = 256;

    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(1);

    private readonly Channel<(byte[] Content, long At)> _queue = Channel.CreateBounded<(byte[], long)>(
        new BoundedChannelOptions(Most) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private int _taken;

    /// <summary>Nothing waits, and what was taken last is sent.</summary>
    public bool IsIdle => _queue.Reader.Count == 0 && Volatile.Read(ref _taken) == 0;

    public void Add(byte[] content) => _queue.Writer.TryWrite((content, clock.GetTimestamp()));

    /// <summary>The next; what was taken before is sent by now.</summary>
    public async ValueTask<byte[]> NextAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _taken, 0);
        while (true)
        {
            await _queue.Reader.WaitToReadAsync(cancellationToken);
            Volatile.Write(ref _taken, 1);
            if (!_queue.Reader.TryRead(out var next))
                continue;
            var (content, at) = next;
            if (clock.GetElapsedTime(at) < Oldest)
                return content;
        }
    }
}
