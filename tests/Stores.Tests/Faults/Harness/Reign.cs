namespace AspireElection.Faults.Harness;

/// <summary>One leadership as it was recorded from outside.</summary>
/// <param name="Process">The process that led.</param>
/// <param name="Term">Its token.</param>
internal sealed record Reign(string Process, long Term)
{
    /// <summary>When it said that it had become leader, or the end of the first answer by which it led.</summary>
    public TimeSpan Start { get; set; } = TimeSpan.MaxValue;

    /// <summary>The sending of the first question that it answered with yes: it led at that instant or a little later.</summary>
    public TimeSpan FirstAsked { get; set; } = TimeSpan.MaxValue;

    /// <summary>An instant at which it certainly still led: the latest sending of a question that it answered with yes.</summary>
    public TimeSpan LastSure { get; set; } = TimeSpan.MinValue;

    /// <summary>When it said that it had lost it, or when its work was told; null before.</summary>
    public TimeSpan? Ended { get; set; }

    /// <summary>It has answered with no since.</summary>
    public bool Denied { get; set; }

    /// <summary>For how long both certainly led.</summary>
    public TimeSpan OverlapWith(Reign other)
    {
        var from = Start > other.Start ? Start : other.Start;
        var to = LastSure < other.LastSure ? LastSure : other.LastSure;
        return to > from ? to - from : TimeSpan.Zero;
    }
}
