using System.Reflection;
using System.Text.Json.Serialization;
using AspireElection.Jobs;

namespace AspireElection.Workers.Http;

/// <summary>One election as <c>GET /election</c> tells it.</summary>
internal sealed record ElectionAnswer(
    string Election,
    string Store,
    string NodeId,
    string InstanceId,
    string Role,
    long Term,
    bool IsLeader,
    LeaderAnswer? Leader,
    long LeaseRemainingMs,
    int Priority,
    int Transitions,
    IReadOnlyList<MemberAnswer> Members,
    string? Version,
    double? StoreRoundTripMs)
{
    /// <summary>The program's, without the commit.</summary>
    private static readonly string? s_version =
        typeof(ElectionAnswer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    public static ElectionAnswer From(ElectionSnapshot seen) => new(
        seen.Election,
        seen.Store,
        seen.Id.NodeId,
        seen.Id.InstanceId,
        Text(seen.Role),
        seen.Term,
        seen.IsLeader,
        seen.Leader is { } leader ? new LeaderAnswer(leader.NodeId, leader.Address, leader.Term, leader.Since) : null,
        Math.Max(0, (long)seen.LeaseRemaining.TotalMilliseconds),
        seen.Priority,
        seen.Transitions,
        [.. seen.Members.Select(m => new MemberAnswer(
            m.Id.NodeId, m.Id.InstanceId, m.Address, Text(m.Role), m.Priority, m.Term, m.Joined, m.LastHeartbeat))],
        s_version,
        seen.StoreRoundTrip is { } roundTrip ? Math.Round(roundTrip.TotalMilliseconds, 3) : null);

    private static string Text(Role role) => role.ToString().ToLowerInvariant();
}

internal sealed record LeaderAnswer(string NodeId, string? Address, long Term, DateTimeOffset Since);

internal sealed record MemberAnswer(
    string NodeId,
    string InstanceId,
    string? Address,
    string Role,
    int Priority,
    long Term,
    DateTimeOffset Joined,
    DateTimeOffset LastHeartbeat);

/// <summary>One job as <c>GET /jobs</c> tells it.</summary>
internal sealed record JobAnswer(
    string Job,
    string Schedule,
    string State,
    DateTimeOffset? LastRun,
    long LastTerm,
    string? LastNode,
    string? LastError,
    long Runs,
    DateTimeOffset? NextRun,
    double? LastDurationMs)
{
    public static JobAnswer From(JobState state) => new(
        state.Job, state.Schedule, state.State, state.LastRun, state.LastTerm, state.LastNode, state.LastError, state.Runs,
        state.NextRun, state.LastDurationMs);
}

/// <summary>Made when this is built: found out by reflection, the first answer of a process would take longer than one may.</summary>
[JsonSerializable(typeof(ElectionAnswer[]))]
[JsonSerializable(typeof(JobAnswer[]))]
internal sealed partial class AnswersJson : JsonSerializerContext;
