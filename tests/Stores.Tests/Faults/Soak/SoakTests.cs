using Xunit.Abstractions;

namespace AspireElection.Faults.Soaks;

/// <summary>The soak as every test run has it: a minute.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class SoakTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_minute_of_random_faults()
    {
        var soak = new Soak(Fault.Everywhere, Duration, Environment.TickCount, output.WriteLine);
        await soak.RunAsync();
        var report = SoakReport.Of(soak);
        output.WriteLine(report);
        await SoakCommand.WriteAsync(Path.Combine(ArtifactsFolder(), "soak.md"), report);
        Assert.True(soak.Violations is [] && soak.Overdue is [], string.Join('\n', soak.Violations.Concat(soak.Overdue)));
        Assert.True(soak.Changes >= 6, $"The leader changed {soak.Changes} times only.");
    }

    /// <summary>The tests lie somewhere in it.</summary>
    private static string ArtifactsFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is { Name: not "artifacts" })
            folder = folder.Parent;
        return folder?.FullName ?? AppContext.BaseDirectory;
    }
}
