using System.Diagnostics;
using System.Globalization;

namespace AspireElection.Benchmarks.Report;

/// <summary>How far a run is: one line that is written over at a terminal, and elsewhere a line each ten seconds at most.</summary>
internal static class Progress
{
    private static readonly TimeSpan Terminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(10);
    private static readonly Lock s_gate = new();
    private static long s_shownAt;
    private static long s_partBeganAt = Stopwatch.GetTimestamp();
    private static TimeSpan s_partEstimate;
    private static TimeSpan s_afterwards;
    private static string s_part = string.Empty;

    /// <param name="part">What begins.</param>
    /// <param name="estimate">About how long it takes.</param>
    /// <param name="afterwards">About how long all that follows takes.</param>
    public static void Begin(string part, TimeSpan estimate, TimeSpan afterwards)
    {
        lock (s_gate)
        {
            (s_part, s_partEstimate, s_afterwards, s_partBeganAt, s_shownAt) = (part, estimate, afterwards, Stopwatch.GetTimestamp(), 0);
            Write(string.Empty);
        }
    }

    public static void Show(string text)
    {
        lock (s_gate)
            Write(text);
    }

    public static void Show(int done, int of)
    {
        lock (s_gate)
        {
            if (done * 10 >= of && of > 0)
                s_partEstimate = Stopwatch.GetElapsedTime(s_partBeganAt) / done * of;
            Write(string.Create(CultureInfo.InvariantCulture, $"round {done} of {of}"));
        }
    }

    /// <summary>A line that stays.</summary>
    public static void Tell(string line)
    {
        lock (s_gate)
        {
            Blank();
            Console.Error.WriteLine(line);
        }
    }

    public static void Clear()
    {
        lock (s_gate)
            Blank();
    }

    private static void Blank()
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write($"\r{new string(' ', 78)}\r");
    }

    private static void Write(string text)
    {
        if (s_shownAt != 0 && Stopwatch.GetElapsedTime(s_shownAt) < (Console.IsErrorRedirected ? Elsewhere : Terminal))
            return;
        s_shownAt = Stopwatch.GetTimestamp();
        var rest = s_partEstimate - Stopwatch.GetElapsedTime(s_partBeganAt);
        var left = s_afterwards + (rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        var line = string.Create(CultureInfo.InvariantCulture, $"{s_part}: {text}{(text.Length > 0 ? ", " : string.Empty)}about {Text(left)} left");
        if (Console.IsErrorRedirected)
            Console.Error.WriteLine(line);
        else
            Console.Error.Write($"\r{line.PadRight(78)[..78]}");
    }

    private static string Text(TimeSpan time) =>
        time < TimeSpan.FromMinutes(2) ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min");
}
