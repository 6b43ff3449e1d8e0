using System.Text.Json;

namespace AspireElection.Dashboard.Nodes;

/// <summary>What a worker says of itself in one election, as far as the store does not tell it.</summary>
/// <param name="Election">The election's name.</param>
/// <param name="NodeId">Who answers.</param>
/// <param name="InstanceId">Which life of it, as in its <see cref="CandidateId"/>.</param>
/// <param name="Version">Its program's version; null when it does not say.</param>
/// <param name="RoundTripMs">How long its last heartbeat took at the store, in milliseconds; null when unknown.</param>
internal sealed record NodeAnswer(string Election, string NodeId, string InstanceId, string? Version, double? RoundTripMs)
{
    private const int MostElections = 1000;
    private const int LongestVersion = 40;

    /// <summary>Whether it is this very node that answered, not one that has its port now.</summary>
    public bool IsOf(string election, CandidateId id) =>
        Election == election && NodeId == id.NodeId && InstanceId == id.InstanceId;

    /// <exception cref="JsonException">It is no array of elections.</exception>
    public static IReadOnlyList<NodeAnswer> Read(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            throw new JsonException("no array of elections");
        try
        {
            return [.. document.RootElement.EnumerateArray().Take(MostElections).Select(From)];
        }
        catch (InvalidOperationException exception)
        {
            // Half a character: text of JSON that is no text.
            throw new JsonException("no text", exception);
        }
    }

    private static NodeAnswer From(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            throw new JsonException("no election");
        return new(Text("election") ?? "", Text("nodeId") ?? "", Text("instanceId") ?? "", Shorten(Text("version")), Milliseconds());

        string? Text(string name) =>
            entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        double? Milliseconds() =>
            entry.TryGetProperty("storeRoundTripMs", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var ms)
            && double.IsFinite(ms) && ms >= 0 ? ms : null;
    }

    private static string? Shorten(string? version) => version is { Length: > LongestVersion } ? version[..LongestVersion] + "…" : version;
}
