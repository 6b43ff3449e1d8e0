namespace AspireElection;

/// <summary>Who holds the seat.</summary>
/// <param name="NodeId">The leader's node; for a foreign leader the value that it left.</param>
/// <param name="Incarnation">The leader's incarnation; empty for a foreign leader.</param>
/// <param name="Address">The leader's own absolute URL, or null.</param>
/// <param name="Term">The fencing token of its term.</param>
/// <param name="Since">When the term was granted, by the store's clock; for people, never for decisions.</param>
public sealed record Leader(string NodeId, string Incarnation, string? Address, long Term, DateTimeOffset Since);
