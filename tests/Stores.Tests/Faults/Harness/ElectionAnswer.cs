using System.Text.Json;

namespace AspireElection.Faults.Harness;

/// <summary>What a node said of its first election.</summary>
internal sealed record ElectionAnswer(bool IsLeader, long Term, string Role, string? LeaderNode, long LeaderTerm)
{
    public static ElectionAnswer Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var election = document.RootElement[0];
        var leader = election.GetProperty("leader");
        var hasLeader = leader.ValueKind is JsonValueKind.Object;
        return new ElectionAnswer(
            election.GetProperty("isLeader").GetBoolean(),
            election.GetProperty("term").GetInt64(),
            election.GetProperty("role").GetString()!,
            hasLeader ? leader.GetProperty("nodeId").GetString() : null,
            hasLeader ? leader.GetProperty("term").GetInt64() : 0);
    }
}
