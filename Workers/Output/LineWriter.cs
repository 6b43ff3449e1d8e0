using System.Collections.Concurrent;
using System.Text;

namespace AspireElection.Workers.Output;

/// <summary>
/// Writes lines at once, from a thread of its own: a terminal that is stopped, or a pipe that nobody reads, must hold
/// up neither the election nor HTTP. What does not fit into the queue meanwhile is lost.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    private const int Capacity = 1024;

    private static readonly TimeSpan LongestEnd = TimeSpan.FromMilliseconds(500);

    private readonly BlockingCollection<string> _lines = new(Capacity);
    private readonly Stream _output;
    private readonly Thread _thread;

    public LineWriter(Stream output)
    {
        _output = output;
        _thread = new Thread(WriteAll) { IsBackground = true, Name = "event lines" };
        _thread.Start();
    }

    public void Write(string line)
    {
        // A line after the end is one that comes too late to be read.
        if (!_lines.IsAddingCompleted)
            _lines.TryAdd(line);
    }

    /// <summary>Writes what is left, within a bound.</summary>
    public void Dispose()
    {
        _lines.CompleteAdding();
        _thread.Join(LongestEnd);
    }

    private void WriteAll()
    {
        var readable = true;
        foreach (var line in _lines.GetConsumingEnumerable())
        {
            if (!readable)
                continue;
            try
            {
                _output.Write(Encoding.UTF8.GetBytes(line + '\n'));
                _output.Flush();
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or UnauthorizedAccessException)
            {
                // The reader is gone and does not come back, or the process ends; the election goes on without one.
                readable = false;
            }
        }
    }
}
