using System.Diagnostics;
using OpenTelemetry;

namespace AspireElection.ServiceDefaults;

/// <summary>Drops the traces of health probes and of the lines between peers: they would bury those of the elections.</summary>
internal sealed class QuietProbes : BaseProcessor<Activity>
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is "/health" or "/alive" or "/quorum")
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
