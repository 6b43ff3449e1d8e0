using AspireElection.Workers.Settings;

namespace AspireElection.AppHost;

/// <summary>How long the command "Pause renewals" keeps a leader from renewing: longer than its lease, or it would stay the leader.</summary>
/// <param name="Seconds">As long, in whole seconds.</param>
/// <param name="Lease">The workers' lease.</param>
internal sealed record PausedRenewals(int Seconds, TimeSpan Lease)
{
    private const double Leases = 1.5;
    private static readonly TimeSpan s_default = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5); // as the workers allow

    /// <param name="leaseDuration">LEASE_DURATION, which the workers inherit; where it is none they do not start, and nobody is paused.</param>
    public static PausedRenewals Of(string? leaseDuration)
    {
        var lease = DurationText.Parse(leaseDuration ?? "") ?? s_default;
        // etcd grants whole seconds, rounded up.
        var pause = Math.Ceiling(Math.Ceiling(lease.TotalSeconds) * Leases);
        return new((int)Math.Min(pause, s_longest.TotalSeconds), lease);
    }

    public string Drill => $"pause?for={Seconds}s";

    public string Description => TimeSpan.FromSeconds(Seconds) > Lease
        ? $"The leader does not renew its lease for {Seconds} s: another replica leads when it has run out"
        : $"The leader does not renew its lease for {Seconds} s, the longest pause there is: its lease is longer, and it stays the leader";
}
