namespace AspireElection.Dashboard.Words;

/// <summary>A condition as sign, word and icon: never as a colour alone.</summary>
internal static class ConditionSign
{
    public static string Glyph(Condition condition) => condition switch
    {
        Condition.Fine => "✓",
        Condition.Attention => "!",
        Condition.Leaderless => "✕",
        Condition.Unreachable => "?",
        _ => "…",
    };

    public static string Word(Condition condition) => condition switch
    {
        Condition.Fine => "fine",
        Condition.Attention => "needs a look",
        Condition.Leaderless => "no leader",
        Condition.Unreachable => "store away",
        Condition.Empty => "no workers",
        _ => "looking",
    };

    /// <summary>What has been lasting since the verdict's moment.</summary>
    public static string Lasts(Condition condition) => condition switch
    {
        Condition.Leaderless => "Without a leader",
        Condition.Unreachable => "Without an answer",
        _ => "Led without a change",
    };

    /// <summary>As style sheet and script know it.</summary>
    public static string Name(Condition condition) => condition switch
    {
        Condition.Fine => "fine",
        Condition.Attention => "attention",
        Condition.Leaderless => "leaderless",
        Condition.Unreachable => "unreachable",
        _ => "waiting",
    };

    public static string Icon(Condition condition) => $"/{Name(condition)}.svg";
}
