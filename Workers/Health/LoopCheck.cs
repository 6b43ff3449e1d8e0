using System.Globalization;
using AspireElection.Workers.Settings;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AspireElection.Workers.Health;

/// <summary>Whether the election's loops still turn: if not, only a restart of the process helps.</summary>
internal sealed class LoopCheck(WorkerSettings settings, IServiceProvider services) : IHealthCheck
{
    private static readonly TimeSpan ShortestLimit = TimeSpan.FromSeconds(10);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var candidate = services.GetRequiredKeyedService<Candidate>(settings.LockName);
        var limit = candidate.LeaseDuration * 3 > ShortestLimit ? candidate.LeaseDuration * 3 : ShortestLimit;
        var silence = candidate.LoopSilence;
        return Task.FromResult(silence < limit
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(string.Create(
                CultureInfo.InvariantCulture, $"the election loop has stood still for {silence.TotalSeconds:0.0} s")));
    }
}
