using System.Globalization;
using AspireElection.Telemetry;

namespace AspireElection.Workers.Output;

/// <summary>The lines that people and drills read on standard output; their form is a promise.</summary>
/// <param name="nodeId">Who speaks.</param>
/// <param name="colours">Whether somebody sees colours.</param>
internal sealed class EventText(string nodeId, bool colours)
{
    private const string Green = "32";
    private const string Red = "31";
    private const string Cyan = "36";

    public string Started(DateTimeOffset at) => Line(at, $"✅ [{nodeId}] Leader election started. Press Ctrl+C to stop", null);

    public string BecameLeader(DateTimeOffset at, long term) => Line(at, $"🎉 [{nodeId}] BECAME LEADER term={term}", Green);

    public string LostLeadership(DateTimeOffset at, long term, LossReason reason) =>
        Line(at, $"⚠️ [{nodeId}] LOST LEADERSHIP term={term} reason={ElectionTelemetry.Text(reason)}", Red);

    public string NewLeader(DateTimeOffset at, Leader leader) =>
        Line(at, $"📣 [{nodeId}] NEW LEADER {leader.NodeId} term={leader.Term}", Cyan);

    public string Status(DateTimeOffset at, bool leads) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(leads ? "👑" : "👥")} [{nodeId}] Status: {(leads ? "LEADER" : "FOLLOWER")} - Heartbeat at {at.UtcDateTime:HH:mm:ss}");

    private string Line(DateTimeOffset at, string text, string? colour)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ} {text}");
        return colours && colour is not null ? $"\e[{colour}m{line}\e[0m" : line;
    }
}
