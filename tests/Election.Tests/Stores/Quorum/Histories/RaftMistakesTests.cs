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

    // Far more than any needs: on a busy machine the slowest take twenty times what they take alone.
    private const double SecondsForOne = 300;

    [Fact, Trait("Pace", "long")]
    public void Gross_mistakes_in_the_protocol_are_caught() => Catch([.. RaftMistakes.Few]);

    [Fact, Trait("Run", "all"), Trait("Pace", "long")]
    public void Each_mistake_in_the_protocol_is_caught() => Catch(RaftMistakes.All);

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

    private void Catch(IReadOnlyList<Mistake> mistakes)
    {
        Assert.Empty(LibraryCompiler.OfThisBuild.Misplaced(mistakes));
        // Compiled in the same way as it is: who fails without a mistake was not caught for one.
        using (var right = new MistakenWorld(Mistake.None))
        {
            Assert.Null(TryHistories(right, 100));
            Assert.All(RaftMistakes.Scenarios.Values, s => Assert.Null(TryScenario(right, s)));
        }

        var rows = new (string? Found, double Seconds)[mistakes.Count];
        Parallel.For(0, mistakes.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => rows[i] = Try(mistakes[i]));
        output.WriteLine("mistake | caught by | seed | seconds | what it says");
        for (var i = 0; i < rows.Length; i++)
        {
            var parts = rows[i].Found?.Split('|', 3) ?? ["nothing", "-", string.Empty];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mistakes[i].Name} | {parts[0]} | {parts[1]} | {rows[i].Seconds:0.0} | {parts[2]}"));
        }

        Assert.Empty(mistakes.Where((_, i) => rows[i].Found is null).Select(m => m.Name));
    }

    private static (string? Found, double Seconds) Try(Mistake mistake)
    {
        var watch = Stopwatch.StartNew();
        using var world = new MistakenWorld(mistake);
        var found = RaftMistakes.Scenarios.TryGetValue(mistake.Name, out var scenario)
            ? TryScenario(world, scenario)
            : TryHistories(world, Histories);
        return (found, watch.Elapsed.TotalSeconds);
    }

    private static string? TryHistories(MistakenWorld world, int histories)
    {
        var prove = world.Copy(typeof(RaftMistakesTests)).GetMethod(nameof(FirstFailure), BindingFlags.Static | BindingFlags.Public)!;
        return (string?)prove.Invoke(null, [histories, SecondsForOne]);
    }

    private static string? TryScenario(MistakenWorld world, (Type Tests, string Fact) scenario)
    {
        var tests = world.Copy(scenario.Tests);
        try
        {
            tests.GetMethod(scenario.Fact)!.Invoke(Activator.CreateInstance(tests), null);
            return null;
        }
        catch (TargetInvocationException exception)
        {
            return $"{scenario.Tests.Name}.{scenario.Fact}|-|{exception.InnerException!.Message.ReplaceLineEndings(" ")}";
        }
    }
}
