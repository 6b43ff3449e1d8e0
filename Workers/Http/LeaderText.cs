namespace AspireElection.Workers.Http;

/// <summary>Who leads, in a sentence.</summary>
internal static class LeaderText
{
    public static string Of(ElectionSnapshot seen) => seen switch
    {
        { IsLeader: true } => "I am the leader",
        { Leader: null } => "I am a follower and there is no leader",
        { Leader: { Address: { } address } } when Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Port > 0 =>
            $"I am a follower and the leader is on port {uri.Port}",
        { Leader: var leader } => $"I am a follower and the leader is {leader.Address ?? leader.NodeId}",
    };
}
