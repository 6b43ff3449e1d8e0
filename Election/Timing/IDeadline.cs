namespace AspireElection.Timing;

/// <summary>Something that has to be ended on time.</summary>
internal interface IDeadline
{
    /// <summary>When, as a timestamp; it may move. <see cref="long.MinValue"/> once it was ended.</summary>
    long EndDueAt { get; }

    /// <summary>The time has come.</summary>
    void EndOnTime();
}
