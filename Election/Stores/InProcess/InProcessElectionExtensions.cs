using AspireElection.Stores.InProcess;
using AspireElection.Telemetry;
using AspireElection.Timing;

namespace AspireElection.Hosting;

/// <summary>Lets an election live in this process.</summary>
public static class InProcessElectionExtensions
{
    /// <summary>Elects among the candidates of one process.</summary>
    /// <param name="election">The election.</param>
    /// <param name="store">Shared by all candidates of it, and the caller's to dispose; default: one of this host's own, in which its node is alone.</param>
    public static ElectionBuilder UseInProcess(this ElectionBuilder election, InProcessStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(election);
        return store is null
            ? election.UseStore(_ => new InProcessStore(BootClock.Instance, name => ElectionTelemetry.SightingDropped(name, "memory")))
            : election.UseStore(store);
    }
}
