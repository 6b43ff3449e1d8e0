using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>What happens to the server of the election, whichever it is.</summary>
internal static class ServerFaults
{
    public static IEnumerable<Fault> All =>
    [
        new("server restarted", Fault.Servers, (_, lease) => Bounds.ServerBack(lease), RestartedAsync),
        new("server killed and started again", Fault.Servers, (_, lease) => Bounds.ServerBack(lease), KilledAsync),
        new("server away for two leases", Fault.Servers, (_, lease) => Bounds.ServerBack(lease), AwayAsync),
        new("server frozen for less than a leader bears", ["postgres", "redis", "etcd"], (_, lease) => Bounds.OneLease(lease), FrozenShortlyAsync),
        new("server frozen for three leases", Fault.Servers, (_, lease) => Bounds.ServerBack(lease), FrozenAsync),
    ];

    private static async Task RestartedAsync(Strike strike)
    {
        await strike.Server.RestartAsync(keepData: true);
        await strike.SomebodyAsync(RunClock.Now);
    }

    private static async Task KilledAsync(Strike strike)
    {
        strike.Server.Kill();
        await strike.Server.RestartAsync(keepData: true);
        await strike.SomebodyAsync(RunClock.Now);
    }

    private static async Task AwayAsync(Strike strike)
    {
        await strike.Server.StopAsync();
        // A request may have been answered while the server was stopping.
        var stopped = RunClock.Now;
        await Strike.WaitAsync(strike.Lease * 2);
        strike.NobodyLongerThanTrust(stopped);
        await strike.Server.StartAsync();
        await strike.NextTermAsync(RunClock.Now);
    }

    /// <summary>Less than lease − margin − renew period, and a little for the signals to arrive.</summary>
    private static async Task FrozenShortlyAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        strike.Server.Freeze();
        await Strike.WaitAsync(strike.Trust - strike.Lease / 3 - strike.Lease / 10);
        strike.Server.Continue();
        await strike.SameTermAsync();
        await Strike.WaitAsync(strike.Lease);
        await strike.SameTermAsync();
    }

    private static async Task FrozenAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        strike.Server.Freeze();
        var at = RunClock.Now;
        await Strike.WaitAsync(strike.Lease * 3);
        strike.NobodyLongerThanTrust(at);
        var continued = RunClock.Now;
        strike.Server.Continue();
        await strike.NextTermAsync(continued);
    }
}
