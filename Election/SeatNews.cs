namespace AspireElection;

/// <summary>What a sighting of the seat says beyond the one before it.</summary>
internal enum SeatNews
{
    /// <summary>Nothing but that the lease goes on.</summary>
    Same,

    /// <summary>Somebody became leader.</summary>
    NewLeader,

    /// <summary>The leader that this node had lost sight of leads on: its term is the one that was known.</summary>
    LeaderAgain,

    /// <summary>The seat is free, or its holder is silent.</summary>
    Free,
}
