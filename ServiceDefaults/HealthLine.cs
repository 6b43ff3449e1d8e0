using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AspireElection.ServiceDefaults;

/// <summary>The answer of a health endpoint: the status, and why it is not <c>Healthy</c>, in one line.</summary>
internal static class HealthLine
{
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var reasons = report.Entries
            .Where(e => e.Value.Status != HealthStatus.Healthy)
            .Select(e => e.Value.Description ?? e.Key);
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(string.Join("; ", reasons.Prepend(report.Status.ToString())) + "\n");
    }
}
