using System.Globalization;
using AspireElection.Workers.Settings;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AspireElection.Workers.Health;

/// <summary>Whether the store answers: a leader and a follower are equally healthy, a node without its store is neither.</summary>
internal sealed class StoreCheck(WorkerSettings settings, IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var candidate = services.GetRequiredKeyedService<Candidate>(settings.LockName);
        var outage = candidate.StoreOutage;
        if (outage == TimeSpan.Zero)
            return Task.FromResult(HealthCheckResult.Healthy());
        var why = string.Create(
            CultureInfo.InvariantCulture,
            $"the store {candidate.Store.Kind} was not reached for {outage.TotalSeconds:0.0} s: {candidate.StoreTrouble}");
        return Task.FromResult(outage >= candidate.LeaseDuration ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Degraded(why));
    }
}
