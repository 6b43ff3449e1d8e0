using Aspire.Hosting.Offline.Wire;

namespace Aspire.Hosting.Offline;

/// <summary>
/// The last lines that one instance wrote, numbered from its first start on. They outlive the process, which has most to
/// say when it has ended, and a restart, with which the control plane forgets what it had written.
/// </summary>
internal sealed class ConsoleLines
{
    private const int Kept = 2_000;
    private const int Longest = 4_096;

    /// <summary>As many lines of the greatest length stay below the size of a message that a gRPC client takes.</summary>
    private const int Batch = 200;

    private readonly Lock gate = new();
    private readonly Queue<ConsoleLogLine> lines = new();
    private TaskCompletionSource news = NewNews();
    private int last;

    public void Add(string text, bool isError)
    {
        lock (gate)
        {
            lines.Enqueue(new ConsoleLogLine
            {
                Text = text.Length > Longest ? text[..Longest] : text,
                IsStdErr = isError,
                LineNumber = ++last,
            });
            if (lines.Count > Kept) lines.Dequeue();

            news.TrySetResult();
            news = NewNews();
        }
    }

    /// <summary>What is kept and, if followed, what comes. A reader that falls behind misses lines; nothing piles up for it.</summary>
    public async IAsyncEnumerable<WatchResourceConsoleLogsUpdate> ReadAsync(
        bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var seen = 0; ;)
        {
            var update = new WatchResourceConsoleLogsUpdate();
            Task more;
            lock (gate)
            {
                update.LogLines.Add(lines.Where(l => l.LineNumber > seen).Take(Batch));
                more = news.Task;
            }

            if (update.LogLines.Count > 0)
            {
                seen = update.LogLines[^1].LineNumber;
                yield return update;
            }
            else if (follow)
            {
                await more.WaitAsync(cancellationToken);
            }
            else
            {
                yield break;
            }
        }
    }

    private static TaskCompletionSource NewNews() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
