using AspireElection.Stores.Quorum;
using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AspireElection.Hosting;

/// <summary>Lets the nodes of an election elect among themselves.</summary>
public static class QuorumElectionExtensions
{
    /// <summary>Elects by a majority of the peers, without a store outside of them.</summary>
    /// <param name="election">The election.</param>
    /// <param name="options">Who this peer is and who there is. The host serves <c>/quorum</c>: see <see cref="QuorumStore.ServeAsync"/>.</param>
    /// <remarks>
    /// What is wrong with the options ends the start of the host with an <see cref="ArgumentException"/>, a data folder that cannot be
    /// used, or that another process has, with a <see cref="StoreUnavailableException"/>.
    /// </remarks>
    public static ElectionBuilder UseQuorum(this ElectionBuilder election, QuorumOptions options)
    {
        ArgumentNullException.ThrowIfNull(election);
        ArgumentNullException.ThrowIfNull(options);
        election.Services.AddQuorumPeer(options);
        return election.UseStore(services => services.GetRequiredService<QuorumStore>());
    }

    /// <summary>Adds one peer to a host, which several elections may use; <see cref="UseQuorum"/> does it for one.</summary>
    public static IServiceCollection AddQuorumPeer(this IServiceCollection services, QuorumOptions options) =>
        services.AddSingleton(provider => new QuorumStore(
            options,
            BootClock.Instance,
            provider.GetService<ILoggerFactory>()?.CreateLogger("AspireElection.Quorum"),
            ElectionTelemetry.MajorityChanged,
            name => ElectionTelemetry.SightingDropped(name, "quorum")));
}
