using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using AspireElection.Tests.Mistakes;
using Xunit.Abstractions;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>The checkers of the histories are shown to fail: each of these mistakes is caught by one of them.</summary>
public sealed class RaftMistakesTests(ITestOutputHelper output)
{
    /// <summary>At most; the first failure ends it.</summary>
    private const int Histories = 20_000;

    private const double SecondsForOne = 60;

    [Fact]
    public void Each_mistake_in_the_protocol_is_caught()
    {
        Assert.Empty(LibraryCompiler.OfThisBuild.Misplaced(RaftMistakes.All));
        // Compiled in the same way as it is: who fails without a mistake was not caught for one.
        Assert.Null(Try(Mistake.None, 100).Found);
        var mistakes = RaftMistakes.All;
        var rows = new (string? Found, double Seconds)[mistakes.Count];
        Parallel.For(0, mistakes.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => rows[i] = Try(mistakes[i], Histories));
        output.WriteLine("mistake | caught by | seed | seconds | what it says");
        for (var i = 0; i < rows.Length; i++)
        {
            var parts = rows[i].Found?.Split('|', 3) ?? ["nothing", "-", string.Empty];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mistakes[i].Name} | {parts[0]} | {parts[1]} | {rows[i].Seconds:0.0} | {parts[2]}"));
        }

        Assert.Empty(mistakes.Where((_, i) => rows[i].Found is null).Select(m => m.Name));
    }

    /// <summary>Runs in the world of the mistake: <c>checker|seed|message</c>, or null.</summary>
    public static string? FirstFailure(int count, double seconds)
    {
        var watch = Stopwatch.StartNew();
        for (var seed = 1ul; seed <= (ulong)count && watch.Elapsed.TotalSeconds < seconds; seed++)
        {
            var failure = RaftHistoriesTests.Failure(new RaftHistory(new RaftPlan(seed)));
            if (failure is not null)
                return $"{(failure as RaftFailure)?.Checker ?? failure.GetType().Name}|{seed}|{failure.Message.ReplaceLineEndings(" ")}";
        }

        return null;
    }

    private static (string? Found, double Seconds) Try(Mistake mistake, int histories)
    {
        var watch = Stopwatch.StartNew();
        using var world = new MistakenWorld(mistake);
        var prove = world.Copy(typeof(RaftMistakesTests)).GetMethod(nameof(FirstFailure), BindingFlags.Static | BindingFlags.Public)!;
        var found = (string?)prove.Invoke(null, [histories, SecondsForOne]);
        return (found, watch.Elapsed.TotalSeconds);
    }
}
