namespace AspireElection;

/// <summary>
/// What a store knows of a renewal. The third answer, unknown, is every exception and every time-out: the request
/// may or may not have been applied, so it neither extends trust nor ends it.
/// </summary>
public enum RenewAnswer
{
    /// <summary>The exact term still holds the seat, for a whole lease from when the request was sent.</summary>
    Renewed,

    /// <summary>The exact term does not hold the seat any more: the leadership is over now.</summary>
    Lost,
}
