namespace AspireElection.Benchmarks.Server;

/// <summary>What a server says that it has served since its start, without what the readings themselves have cost it.</summary>
/// <param name="Requests">Of clients; what a script runs within the server is none.</param>
/// <param name="Bytes">Both ways; null where the server does not count them.</param>
internal readonly record struct Reading(double Requests, double? Bytes)
{
    /// <summary>Requests beside those, by which the client library looks after its own connections.</summary>
    public double Upkeep { get; init; }

    public static Reading operator -(Reading one, Reading other) =>
        new(one.Requests - other.Requests, one.Bytes - other.Bytes) { Upkeep = one.Upkeep - other.Upkeep };

    public static Reading operator /(Reading one, double times) => new(one.Requests / times, one.Bytes / times) { Upkeep = one.Upkeep / times };
}
