using System.Diagnostics;
using OpenTelemetry;

namespace AspireElection.ServiceDefaults;

/// <summary>Drops the traces of health probes, of the lines between peers, and of who only looks: they would bury those of the elections.</summary>
internal sealed class QuietProbes : BaseProcessor<Activity>
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is "/health" or "/alive" or "/quorum" or "/election")
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
