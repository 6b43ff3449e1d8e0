using System.Text.Json;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>What a worker said of its election.</summary>
/// <param name="Role">Leader, follower, candidate or stopped.</param>
/// <param name="IsLeader">Worked out at that moment.</param>
/// <param name="LeaderTerm">The term of the leader that it knows; 0: of none.</param>
/// <param name="Remaining">What is left of its own lease, less the margin.</param>
internal sealed record Answer(string Role, bool IsLeader, long LeaderTerm, TimeSpan Remaining)
{
    public static Answer Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var election = document.RootElement[0];
        var leader = election.GetProperty("leader");
        return new Answer(
            election.GetProperty("role").GetString()!,
            election.GetProperty("isLeader").GetBoolean(),
            leader.ValueKind is JsonValueKind.Object ? leader.GetProperty("term").GetInt64() : 0,
            TimeSpan.FromMilliseconds(election.GetProperty("leaseRemainingMs").GetInt64()));
    }
}
