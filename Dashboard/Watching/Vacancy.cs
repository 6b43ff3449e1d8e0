namespace AspireElection.Dashboard.Watching;

/// <summary>Nobody holds the seat.</summary>
/// <param name="Since">Since when, by the dashboard's clock.</param>
/// <param name="AtLeast">True when it was so at the dashboard's first look: it may have been so for longer.</param>
/// <param name="Last">Who led before, as far as the dashboard saw.</param>
/// <param name="Released">Whether the last leader gave the seat back, rather than fell silent.</param>
public sealed record Vacancy(DateTimeOffset Since, bool AtLeast, Leader? Last, bool Released);
