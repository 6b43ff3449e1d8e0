using System.Diagnostics;
using System.Globalization;
using AspireElection.FaultNodes;
using AspireElection.Faults;
using AspireElection.Stores.Tests.Servers;
using Xunit.Abstractions;

namespace AspireElection.Load;

/// <summary>What a process pays for each election that it leads, at rest.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class ThriftTests(ITestOutputHelper output)
{
    /// <summary>Of it 3.8 KB are there with .NET 10; a delegate or an iterator more in each election is 64 to 300 bytes.</summary>
    private const int BytesEach = 4_096;

    /// <summary>With all else that an election does meanwhile. A timer and a task for each slice of each wait made it 130 to 230.</summary>
    private const int MicrosecondsPerRenewal = 100;

    [Fact]
    public Task Two_thousand_elections_in_one_process_on_redis_are_thrifty() => AreThrifty(2_000, TimeSpan.FromSeconds(3));

    [Fact, Trait("Run", "all")]
    public Task Ten_thousand_elections_in_one_process_on_redis_are_thrifty() => AreThrifty(10_000, TimeSpan.FromSeconds(10));

    private async Task AreThrifty(int elections, TimeSpan lease)
    {
        await using var server = new RedisServer();
        await server.StartAsync();
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "FaultNode.dll"), Leaders.Word,
            elections.ToString(CultureInfo.InvariantCulture), lease.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
        ];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            Environment = { [Crowd.Connection] = server.ConnectionString, [Variables.Owner] = $"{Environment.ProcessId}" },
        })!;
        var answer = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(120));
        await process.WaitForExitAsync();
        var figures = answer.Split(' ').Select(f => int.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        output.WriteLine($"{elections} elections, lease {lease.TotalSeconds} s: {figures[0]} bytes each, {figures[1]} µs of processor time per renewal, {figures[2]} led");
        Assert.Equal(elections, figures[2]);
        Assert.InRange(figures[0], 1, BytesEach);
        Assert.InRange(figures[1], 1, MicrosecondsPerRenewal);
    }
}
