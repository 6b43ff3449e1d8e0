using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace AspireElection.Stores.InProcess;

/// <summary>
/// One news to many readers. Each reader has its own bounded queue: a slow one loses its oldest news, which is
/// counted, and never holds up whoever publishes.
/// </summary>
/// <param name="capacity">How many news wait for one reader.</param>
internal sealed class FanOut<T>(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<Channel<T>> _readers = [];
    private long _dropped;
    private Exception? _end;

    /// <summary>How many news were lost by slow readers.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void Publish(T news)
    {
        lock (_gate)
        {
            foreach (var reader in _readers)
                reader.Writer.TryWrite(news);
        }
    }

    /// <summary>Adds a reader whose first news is <paramref name="first"/>; it leaves when its reading ends.</summary>
    public Channel<T> Subscribe(T first)
    {
        var options = new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest };
        var reader = Channel.CreateBounded<T>(options, _ => Interlocked.Increment(ref _dropped));
        reader.Writer.TryWrite(first);
        lock (_gate)
        {
            _readers.Add(reader);
            if (_end is not null)
                reader.Writer.TryComplete(_end);
        }

        return reader;
    }

    public async IAsyncEnumerable<T> ReadAsync(
        Channel<T> reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            // Not ReadAllAsync: it leaves the caller's context, and with it the one thread of a simulation.
            while (await reader.Reader.WaitToReadAsync(cancellationToken))
            {
                while (reader.Reader.TryRead(out var news))
                    yield return news;
            }
        }
        finally
        {
            lock (_gate)
                _readers.Remove(reader);
        }
    }

    /// <summary>Ends all reading with <paramref name="end"/>.</summary>
    public void Complete(Exception end)
    {
        lock (_gate)
        {
            _end = end;
            foreach (var reader in _readers)
                reader.Writer.TryComplete(end);
        }
    }
}
