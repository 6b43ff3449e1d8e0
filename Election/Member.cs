namespace AspireElection;

/// <summary>A node that takes part in an election.</summary>
/// <param name="Election">The election's name.</param>
/// <param name="Id">Who it is.</param>
/// <param name="Role">What it last said that it is.</param>
/// <param name="Priority">Higher is preferred as leader.</param>
/// <param name="Address">Its own absolute URL, or null.</param>
/// <param name="Term">The term that it last saw, 0 before the first.</param>
/// <param name="Joined">When it joined, by the store's clock. Stores set it; what a caller passes is ignored.</param>
/// <param name="LastHeartbeat">When it was last heard, by the store's clock. Stores set it as well.</param>
public sealed record Member(
    string Election,
    CandidateId Id,
    Role Role,
    int Priority,
    string? Address,
    long Term,
    DateTimeOffset Joined = default,
    DateTimeOffset LastHeartbeat = default);
