namespace AspireElection;

/// <summary>What the parts of a candidate ask of it and tell it.</summary>
internal interface INode
{
    /// <summary>Who it is.</summary>
    CandidateId Id { get; }

    /// <summary>Itself, as a member.</summary>
    Member Self();

    /// <summary>Itself, as it presents itself at the next try.</summary>
    Candidacy Stand();

    /// <summary>The seat was seen.</summary>
    void Saw(Sighting sighting, SeatNews news);

    /// <summary>There is reason to doubt the term that it holds, if any.</summary>
    void Doubt();

    /// <summary>The members were heard of.</summary>
    void MembersHeard();

    /// <summary>The store has confirmed a renewal, which stretched trust; must not block.</summary>
    void Renewed(Leadership leadership);

    /// <summary>A leadership is over.</summary>
    void Ended(Leadership leadership, LossReason reason, DateTimeOffset at);

    /// <summary>The seat was given back; must not block.</summary>
    void GaveBack();

    /// <summary>The holder of a leadership gives it up.</summary>
    Task ResignAsync(Leadership leadership);
}
