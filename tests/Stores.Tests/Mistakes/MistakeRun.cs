using System.Diagnostics;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Tests.Mistakes;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>The facts about Redis are shown to fail, on a real server.</summary>
public sealed class RedisMistakesTests(ITestOutputHelper output)
{
    // Compiling takes both cores, and the pool of the process with them: tests beside it would miss their bounds.
    [Fact]
    [Trait("Run", "all")]
    public async Task Each_mistake_in_a_script_is_caught()
    {
        await using var server = new RedisServer();
        await new MistakeRun(output).RunAsync(server, RedisMistakes.All);
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task Each_mistake_in_a_script_that_lets_nothing_happen_is_caught()
    {
        await using var server = new RedisServer();
        await new MistakeRun(output).RunAsync(server, RedisMistakes.ThatHang);
    }
}

/// <summary>The facts about PostgreSQL are shown to fail, on a real server.</summary>
public sealed class PostgresMistakesTests(ITestOutputHelper output)
{
    // Compiling takes both cores, and the pool of the process with them: tests beside it would miss their bounds.
    [Fact]
    [Trait("Run", "all")]
    public async Task Each_mistake_in_a_statement_is_caught()
    {
        await using var server = new PostgresServer();
        await new MistakeRun(output).RunAsync(server, PostgresMistakes.All);
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task Each_mistake_in_a_statement_that_lets_nothing_happen_is_caught()
    {
        await using var server = new PostgresServer();
        await new MistakeRun(output).RunAsync(server, PostgresMistakes.ThatHang);
    }
}

/// <summary>The facts about etcd are shown to fail, on a real server.</summary>
public sealed class EtcdMistakesTests(ITestOutputHelper output)
{
    // Compiling takes both cores, and the pool of the process with them: tests beside it would miss their bounds.
    [Fact]
    [Trait("Run", "all")]
    public async Task Each_mistake_is_caught()
    {
        await using var server = new EtcdServer();
        await new MistakeRun(output).RunAsync(server, EtcdMistakes.All);
    }
}

/// <summary>Tries mistakes one after the other, says what caught each, and fails for those that nothing did.</summary>
internal sealed class MistakeRun(ITestOutputHelper output)
{
    /// <summary>On a busy machine a fact may pass because the server took longer for something than the fact waits.</summary>
    private const int Tries = 3;

    public async Task RunAsync(RealServer server, IReadOnlyList<StoreMistake> mistakes)
    {
        Assert.Empty(LibraryCompiler.OfThisBuild.Misplaced(mistakes.Select(m => m.Mistake)));
        await server.StartAsync();
        // Who is caught without a mistake was not caught for it.
        var all = mistakes.SelectMany(m => m.Facts).Distinct().ToArray();
        Assert.Null(await CatchAsync(server, new StoreMistake(Mistake.None, all)));
        var missed = new List<string>();
        foreach (var mistake in mistakes)
        {
            if (await CatchAsync(server, mistake) is null)
                missed.Add(mistake.Mistake.Name);
        }

        Assert.Empty(missed);
    }

    /// <summary>The first fact that fails; null when all pass.</summary>
    private async Task<Fact?> CatchAsync(RealServer server, StoreMistake mistake)
    {
        var watch = Stopwatch.StartNew();
        using var world = new MistakenWorld(mistake.Mistake);
        var facts = new FactRun(world, [server]);
        var tries = mistake.Mistake == Mistake.None ? 1 : Tries;
        foreach (var fact in Enumerable.Repeat(mistake.Facts, tries).SelectMany(f => f))
        {
            if (await facts.ComplaintOfAsync(fact) is not { } complaint)
                continue;
            output.WriteLine($"{mistake.Mistake.Name} | {fact.Class.Name}.{fact.Method} | {watch.Elapsed.TotalSeconds:0.0} s | {complaint}");
            return fact;
        }

        output.WriteLine($"{mistake.Mistake.Name} | caught by nothing | {watch.Elapsed.TotalSeconds:0.0} s");
        return null;
    }
}
