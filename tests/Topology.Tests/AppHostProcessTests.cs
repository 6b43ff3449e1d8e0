namespace AspireElection.Topology.Tests;

public sealed class AppHostProcessTests
{
    private static readonly Dictionary<string, string> s_plain = [];

    [Theory]
    [InlineData("--store floppy", "--store floppy")]
    [InlineData("--replicas 0", "--replicas 0")]
    [InlineData("--replicas three", "--replicas three")]
    [InlineData("--servers cloud", "--servers cloud")]
    [InlineData("--store", "--store")]
    public async Task A_wrong_flag_ends_with_code_2_and_one_line_that_names_it(string flags, string named)
    {
        using var host = new AppHostProcess(s_plain, flags.Split(' '));
        await host.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, host.ExitCode);
        var line = Assert.Single(host.Errors, l => l.Length > 0);
        Assert.StartsWith(named, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_flags_are_all_reported_at_once()
    {
        using var host = new AppHostProcess(s_plain, "--store", "floppy", "--replicas", "-1", "--servers=cloud");
        await host.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, host.ExitCode);
        Assert.Equal(3, host.Errors.Count(l => l.Length > 0));
    }

    [Fact]
    public async Task A_stop_signal_ends_everything_within_ten_seconds()
    {
        using var host = new AppHostProcess(s_plain, "--store", "redis");
        await host.AddressAsync("worker");
        await host.AddressAsync("aspire");
        host.Signal("TERM");
        await host.WaitForExitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(0, host.ExitCode);
        Assert.Equal("", LinuxProcess.Describe(host.Processes));
    }

    [Fact]
    public async Task Nothing_is_left_thirty_seconds_after_a_kill()
    {
        using var host = new AppHostProcess(s_plain, "--store", "redis");
        await host.AddressAsync("worker");
        host.Signal("KILL");

        await Wait.UntilTrueAsync("all processes end", TimeSpan.FromSeconds(30), () =>
            host.Processes is { Count: > 0 } left ? LinuxProcess.Describe(left) : null);
    }
}
