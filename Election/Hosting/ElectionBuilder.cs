using AspireElection.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace AspireElection.Hosting;

/// <summary>An election that is being added to a host: it still needs a store, and may get jobs.</summary>
public sealed class ElectionBuilder
{
    internal ElectionBuilder(string election, IServiceCollection services)
    {
        Election = election;
        Services = services;
    }

    /// <summary>The election's name.</summary>
    public string Election { get; }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Where the election lives. Each election has one store; the last one named counts.</summary>
    public ElectionBuilder UseStore(Func<IServiceProvider, IElectionStore> store)
    {
        Services.AddKeyedSingleton(Election, (services, _) => store(services));
        return this;
    }

    /// <summary>The same with an existing store, which is not disposed with the host.</summary>
    public ElectionBuilder UseStore(IElectionStore store)
    {
        Services.AddKeyedSingleton(Election, store);
        return this;
    }

    /// <summary>Adds work that runs on the leader only. Jobs that run once do so in the order in which they were added.</summary>
    /// <remarks>
    /// A name that cannot be (<see cref="ILeaderJob.Name"/>), or that two jobs of the election have, ends the start of the host with an
    /// <see cref="InvalidOperationException"/> that names all of them.
    /// </remarks>
    /// <typeparam name="TJob">The job; made once, with the host's services.</typeparam>
    public ElectionBuilder AddLeaderJob<TJob>()
        where TJob : class, ILeaderJob
    {
        Services.AddKeyedSingleton<ILeaderJob>(Election, (services, _) => ActivatorUtilities.CreateInstance<TJob>(services));
        return this;
    }
}
