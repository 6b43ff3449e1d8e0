namespace AspireElection.Faults.Harness;

/// <summary>
/// How late this machine runs what is due: what others do on its cores is no fault of an elector. A thread sleeps a few
/// milliseconds at a time and notes by how much it overslept.
/// </summary>
internal static class Lateness
{
    /// <summary>
    /// What is taken off a measure at most. Where the machine lost more, the measure says nothing: it is taken once more, and
    /// then it counts. Without this bound a busy machine would make every bound as soft as it is busy.
    /// </summary>
    public static readonly TimeSpan Most = TimeSpan.FromMilliseconds(250);

    private const int Kept = 100_000;

    /// <summary>A takeover passes from process to process more than once, and each of them comes late anew.</summary>
    private const int Steps = 2;

    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_usual = TimeSpan.FromMilliseconds(3);
    private static readonly Queue<(TimeSpan At, TimeSpan By)> s_late = new();
    private static readonly Lazy<Thread> s_thread = new(() =>
    {
        var thread = new Thread(Watch) { IsBackground = true, Name = "lateness" };
        thread.Start();
        return thread;
    });

    /// <summary>How much of the time was lost since the beginning.</summary>
    public static double Share
    {
        get
        {
            lock (s_late)
                return s_late.Count == 0 ? 0 : s_late.Sum(l => l.By.TotalSeconds) / (RunClock.Now - s_late.Peek().At + s_nap).TotalSeconds;
        }
    }

    public static void Begin() => _ = s_thread.Value;

    /// <summary>What may be taken off a takeover between two instants.</summary>
    public static TimeSpan Excused(TimeSpan from, TimeSpan to) => Between(from, to) is var lost && lost < Most ? lost : Most;

    /// <summary>What a takeover between two instants may have lost by it.</summary>
    public static TimeSpan Between(TimeSpan from, TimeSpan to)
    {
        lock (s_late)
            return s_late.Where(l => l.At >= from && l.At <= to + s_nap).Aggregate(TimeSpan.Zero, (sum, l) => sum + l.By * Steps);
    }

    private static void Watch()
    {
        while (true)
        {
            var before = RunClock.Now;
            Thread.Sleep(s_nap);
            var late = RunClock.Now - before - s_nap;
            if (late <= s_usual)
                continue;
            lock (s_late)
            {
                s_late.Enqueue((RunClock.Now, late));
                if (s_late.Count > Kept)
                    s_late.Dequeue();
            }
        }
    }
}
