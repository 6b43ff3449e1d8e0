using System.Diagnostics;

namespace AspireElection.Faults.Harness;

/// <summary>The one clock of a run: the recorder's instants, and those of the nodes' lines brought onto it.</summary>
internal static class RunClock
{
    private static readonly long s_startedAt = Stopwatch.GetTimestamp();

    public static TimeSpan Now => Stopwatch.GetElapsedTime(s_startedAt);

    /// <summary>What a process of this machine has just said by the wall clock, which may run a little faster or slower.</summary>
    public static TimeSpan Of(DateTime utc) => Now - (DateTime.UtcNow - utc);

    /// <summary>Waits for a condition, and says what did not come true.</summary>
    public static async Task UntilAsync(Func<bool> holds, TimeSpan limit, Func<string> what)
    {
        var end = Now + limit;
        while (!holds())
        {
            if (Now > end)
                throw new TimeoutException($"Not within {limit.TotalSeconds:0.0} s: {what()}");
            await Task.Delay(TimeSpan.FromMilliseconds(2));
        }
    }
}
