using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>A place in the line: whoever created its key first holds the seat.</summary>
/// <param name="Key">Its key, <c>election/lease</c>.</param>
/// <param name="Created">In which revision.</param>
/// <param name="Candidate">Who stands there; null for a foreign candidate, such as <c>etcdctl elect</c>.</param>
/// <param name="Priority">Higher is preferred; 0 for a foreign one.</param>
/// <param name="Value">What a foreign candidate says of itself.</param>
/// <param name="Address">The candidate's URL, or null.</param>
/// <param name="Seconds">For how long its lease lasts; 0 where it does not say so, and must not be given a term that it did not ask for.</param>
internal sealed record Place(
    string Key, long Created, CandidateId? Candidate, int Priority, string Value, string? Address = null, long Seconds = 0)
{
    private const int LongestValue = 128;

    public static Place Of(KeyValue key)
    {
        try
        {
            using var json = JsonDocument.Parse(key.Value);
            var place = json.RootElement;
            if (place.ValueKind == JsonValueKind.Object && place.TryGetProperty("node", out var node) && place.TryGetProperty("incarnation", out var incarnation))
            {
                var candidate = new CandidateId(node.GetString()!, incarnation.GetString()!);
                return new Place(
                    key.Key, key.Created, candidate, (int)KeyValue.Whole(place, "priority"), candidate.ToString(),
                    place.TryGetProperty("address", out var address) ? address.GetString() : null, KeyValue.Whole(place, "seconds"));
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            // A foreign candidate's value may be anything.
        }

        var shown = new string([.. key.Value.Where(c => !char.IsControl(c)).Take(LongestValue)]);
        return new Place(key.Key, key.Created, null, 0, shown.Length == 0 ? "(no name)" : shown);
    }

    /// <summary>
    /// The least token of a term that begins at this place: above that of the last term and above what every foreign
    /// leader between the two is shown with, because revisions of the line grow.
    /// </summary>
    public long TokenAfter(TermRecord? last) => last is null ? Created : last.Token + Math.Max(1, Created - last.Created);

    /// <summary>What a candidate writes at its place; <c>etcdctl elect</c> shows it. The rank is first: the server compares it.</summary>
    public static string ValueOf(Candidacy candidacy) => new JsonObject
    {
        ["rank"] = Rank(candidacy.Priority),
        ["node"] = candidacy.Id.NodeId,
        ["incarnation"] = candidacy.Id.Incarnation,
        ["priority"] = candidacy.Priority,
        ["address"] = candidacy.Address,
        ["seconds"] = EtcdLease.SecondsOf(candidacy.LeaseDuration),
    }.ToJsonString();

    /// <summary>The lease under which a waiter's key was put, which its name bears.</summary>
    public long? Lease =>
        long.TryParse(Key.AsSpan(Key.LastIndexOf('/') + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var lease) ? lease : null;

    /// <summary>
    /// What the values of all come before who have no higher priority. One of a foreign candidate may come before or after:
    /// that costs a look, and nobody his turn.
    /// </summary>
    public static string Above(int priority) => $"{{\"rank\":\"{Rank(priority + 1L)}";

    /// <summary>A priority as digits in whose order texts are.</summary>
    private static string Rank(long priority) => (priority - int.MinValue).ToString("D10", CultureInfo.InvariantCulture);
}
