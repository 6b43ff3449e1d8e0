using AspireElection.History;
using AspireElection.Jobs;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AspireElection.Hosting;

/// <summary>Adds elections to a host.</summary>
public static class ElectionHostExtensions
{
    /// <summary>So many requests of history at once: hundreds of terms may begin at one instant, and jobs come first.</summary>
    private const int HistoryAtOnce = 8;

    /// <summary>
    /// Adds an election. The host starts its <see cref="Candidate"/> once it is up, and resigns first when it stops. Ask
    /// for the candidate by <c>[FromKeyedServices("name")]</c>, or for all of them by <see cref="Elections"/>.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="election">The election's name, 1–128 characters of <c>A-Z a-z 0-9 . _ -</c>, the same on every node.</param>
    /// <param name="configure">Settings; validated when the host starts.</param>
    public static ElectionBuilder AddElection(
        this IHostApplicationBuilder builder, string election, Action<ElectionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddElection(election, configure);
    }

    /// <summary>The same for a host of another kind.</summary>
    public static ElectionBuilder AddElection(
        this IServiceCollection services, string election, Action<ElectionOptions>? configure = null)
    {
        services.AddOptions<ElectionOptions>(election).Configure(configure ?? (static _ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ElectionOptions>, ElectionOptionsValidator>());
        services.TryAddSingleton<Elections>();
        // An instance, which the host does not dispose: a farewell may still be on its way then.
        services.TryAddKeyedSingleton<SemaphoreSlim>(nameof(TransitionRecorder), new SemaphoreSlim(HistoryAtOnce));
        services.TryAddSingleton(static _ => new Rehearsal(BootClock.Instance, ElectionThreads.OfProcess));
        services.AddSingleton(new ElectionName(election));
        services.AddKeyedSingleton(election, (provider, _) => NewCandidate(provider, election));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ElectionService>());
        return new ElectionBuilder(election, services);
    }

    private static Candidate NewCandidate(IServiceProvider services, string election)
    {
        var options = services.GetRequiredService<IOptionsMonitor<ElectionOptions>>().Get(election);
        var logger = services.GetService<ILoggerFactory>()?.CreateLogger("AspireElection.Election")
            ?? (ILogger)Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        var store = services.GetKeyedService<IElectionStore>(election)
            ?? throw new InvalidOperationException($"Election '{election}' has no store: add one, such as .UseRedis() or .UseFile(folder).");
        var candidate = new Candidate(election, store, options, logger);
        LeaderWork.AddTo(
            candidate, services.GetKeyedServices<ILeaderJob>(election), options, services.GetRequiredKeyedService<SemaphoreSlim>(nameof(TransitionRecorder)), logger);
        services.GetRequiredService<Rehearsal>().For(options);
        return candidate;
    }
}
