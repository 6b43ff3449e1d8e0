using System.Diagnostics;
using OpenTelemetry;

namespace AspireElection.ServiceDefaults;

/// <summary>Drops the traces of health probes: one a second from each prober would bury those of the elections.</summary>
internal sealed class QuietProbes : BaseProcessor<Activity>
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is "/health" or "/alive")
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
