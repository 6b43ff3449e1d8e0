namespace AspireElection.Stores.Postgres.Many;

/// <summary>What the sessions tell of the seats that they were to take. Called from their loops; never blocks.</summary>
internal interface ISeatLines
{
    /// <summary>The term is taken, and trust in it is counted from the anchor.</summary>
    void Granted(Stand stand, SharedSeat seat, long anchor);

    /// <summary>The seat was not taken and the lock is not held: look again then.</summary>
    void Again(Stand stand, long timestamp);

    /// <summary>The server refused.</summary>
    void Failed(Stand stand, Exception exception);

    /// <summary>The seat is lost with its session.</summary>
    void Ended(SharedSeat seat);

    /// <summary>Nobody renewed these seats: they are over, and their locks are given back in a moment.</summary>
    void RunOut(List<SharedSeat> seats, Task unlocked);
}
