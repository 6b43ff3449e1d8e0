namespace AspireElection;

/// <summary>What an observer was told of the seat.</summary>
/// <param name="Leader">Who holds it; null when it is free.</param>
/// <param name="EndsAt">
/// Until when a silent leader may keep it, as a timestamp of the observer's own <see cref="TimeProvider"/>: the time
/// of hearing plus the lease that was left. Meaningless when <paramref name="Leader"/> is null.
/// </param>
/// <param name="Released">True when the store showed that the last term was given back rather than cut off.</param>
public sealed record Sighting(Leader? Leader, long EndsAt, bool Released = false);
