namespace AspireElection.Topology.Tests;

/// <summary>What a worker answers on <c>/election</c>, as far as these tests ask.</summary>
internal sealed record ElectionView(
    string Election, string Store, string NodeId, string InstanceId, string Role, long Term, bool IsLeader, LeaderView? Leader, MemberView[] Members);

internal sealed record LeaderView(string NodeId, string? Address, long Term, DateTimeOffset Since);

internal sealed record MemberView(string NodeId, string InstanceId, string? Address, string Role);

/// <summary>What a worker answers on <c>/jobs</c>, as far as these tests ask.</summary>
internal sealed record JobView(string Job, string State, long LastTerm, string? LastNode, string? LastError, long Runs);
