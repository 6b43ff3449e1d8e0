using System.Diagnostics;
using System.Reflection;
using AspireElection.Tests.Simulation.Histories;
using Xunit.Abstractions;

namespace AspireElection.Tests.Mistakes;

/// <summary>The checkers of the simulation are shown to fail: each of these mistakes is caught by one of them.</summary>
public sealed class CoreMistakesTests(ITestOutputHelper output)
{
    private const ulong FirstSeed = 1;

    /// <summary>At most; the first failure ends it, and few mistakes need more than a hundred.</summary>
    private const int Histories = 4000;

    private const double SecondsForOne = 600;

    [Fact, Trait("Pace", "long")]
    public void Each_mistake_in_the_core_is_caught()
    {
        Assert.Empty(LibraryCompiler.OfThisBuild.Misplaced(CoreMistakes.All));
        Catch(CoreMistakes.All, string.Empty);
    }

    [Fact, Trait("Run", "all")]
    public void Each_mistake_with_shared_sessions_is_caught_by_a_history()
    {
        Assert.Empty(LibraryCompiler.OfThisBuild.Misplaced(SharedSessionMistakes.All));
        Catch(SharedSessionMistakes.All, nameof(StoreKind.Shared));
    }

    private void Catch(IReadOnlyList<Mistake> mistakes, string store)
    {
        // The library compiled in the same way as it is: who fails without a mistake was not caught for one.
        var (control, longest) = Try(Mistake.None, 100, store);
        Assert.True(control is null, $"without a mistake: {control}");
        output.WriteLine($"none | - | 100 histories | {longest:0.0} s");
        var rows = new (string? Found, double Seconds)[mistakes.Count];
        Parallel.For(0, mistakes.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => rows[i] = Try(mistakes[i], Histories, store));
        output.WriteLine("mistake | caught by | seed | histories | seconds | what it says");
        for (var i = 0; i < rows.Length; i++)
        {
            var parts = rows[i].Found?.Split('|', 3) ?? ["nothing", "-", string.Empty];
            var histories = ulong.TryParse(parts[1], out var seed) ? seed - FirstSeed + 1 : Histories;
            output.WriteLine($"{mistakes[i].Name} | {parts[0]} | {parts[1]} | {histories} | {rows[i].Seconds:0.0} | {parts[2]}");
        }

        Assert.Empty(mistakes.Where((_, i) => rows[i].Found is null).Select(m => m.Name));
    }

    private static (string? Found, double Seconds) Try(Mistake mistake, int histories, string store)
    {
        var watch = Stopwatch.StartNew();
        using var world = new MistakenWorld(mistake);
        var prove = world.Copy(typeof(Prove)).GetMethod(nameof(Prove.FirstFailure), BindingFlags.Static | BindingFlags.Public)!;
        var found = (string?)prove.Invoke(null, [FirstSeed, histories, SecondsForOne, store, string.Empty]);
        return (found, watch.Elapsed.TotalSeconds);
    }
}
