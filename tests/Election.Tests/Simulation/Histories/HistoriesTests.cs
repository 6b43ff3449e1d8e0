using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

public sealed class HistoriesTests(ITestOutputHelper output)
{
    [Fact]
    public void Histories_keep_every_rule()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("HISTORIES") ?? "1000", CultureInfo.InvariantCulture);
        var first = ulong.Parse(Environment.GetEnvironmentVariable("FIRST_SEED") ?? "1", CultureInfo.InvariantCulture);
        var began = Stopwatch.StartNew();
        var failures = new Dictionary<string, int>();
        Failure? firstFailure = null;
        for (var i = 0; i < count; i++)
        {
            if (Exploration.Run(first + (ulong)i, StoreKind.Lease) is not { } failure)
                continue;
            failures[failure.Checker] = failures.GetValueOrDefault(failure.Checker) + 1;
            firstFailure ??= failure;
        }

        output.WriteLine($"{count} in {began.Elapsed.TotalSeconds} s; {string.Join(", ", failures)}");
        Assert.True(firstFailure is null, firstFailure?.Text());
    }
}
