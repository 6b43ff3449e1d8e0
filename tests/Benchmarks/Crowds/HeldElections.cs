using System.Text.Json;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>What it costs a process to lead many elections, as that process measured it.</summary>
internal sealed record HeldElections
{
    public required string Store { get; init; }

    public required int Elections { get; init; }

    public required double LeaseSeconds { get; init; }

    /// <summary>From the first start of a candidate until all led.</summary>
    public required double StartSeconds { get; init; }

    /// <summary>Of one core, for each lease that was measured.</summary>
    public required IReadOnlyList<double> CpuPercent { get; init; }

    public required double RenewalsPerSecond { get; init; }

    /// <summary>How much later than it was due a renewal was sent, at worst; and on the average.</summary>
    public required double WorstLatenessMs { get; init; }

    public required double MeanLatenessMs { get; init; }

    /// <summary>Renewals that were late by more than half a renew period.</summary>
    public required int LaterThanHalf { get; init; }

    /// <summary>Terms that ended meanwhile; none should.</summary>
    public required int Lost { get; init; }

    public required double AllocatedKbPerSecond { get; init; }

    /// <summary>Objects that are alive after a full collection, without those of the process with one election.</summary>
    public required double HeapBytesEach { get; init; }

    /// <summary>What the process has of the machine's memory, without what it had with one election.</summary>
    public required double ResidentBytesEach { get; init; }

    public required double HeapMb { get; init; }

    public required double ResidentMb { get; init; }

    /// <summary>One line; its reader is another process, or a person.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    public static HeldElections Parse(string line) => JsonSerializer.Deserialize<HeldElections>(line, JsonSerializerOptions.Web)
        ?? throw new FormatException($"No figures of held elections: '{line}'");
}
