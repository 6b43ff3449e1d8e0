using AspireElection.ServiceDefaults;

namespace AspireElection.Workers.Health;

/// <summary>What decides about <c>/health</c> and <c>/alive</c>.</summary>
internal static class HealthExtensions
{
    public static void AddHealth(this WebApplicationBuilder builder) => builder.Services.AddHealthChecks()
        .AddCheck<StoreCheck>("store")
        .AddCheck<LoopCheck>("loop", tags: [Extensions.LiveTag]);
}
