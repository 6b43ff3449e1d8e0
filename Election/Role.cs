namespace AspireElection;

/// <summary>What a node is in an election.</summary>
public enum Role
{
    /// <summary>Not started, or stopped.</summary>
    Stopped,

    /// <summary>Another node leads.</summary>
    Follower,

    /// <summary>Stands for a seat that nobody is known to hold.</summary>
    Candidate,

    /// <summary>Leads.</summary>
    Leader,

    /// <summary>Watches and never stands.</summary>
    Observer,
}
