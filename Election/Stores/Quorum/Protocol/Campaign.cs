namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>The votes of one campaign. Only eligible peers count, each once.</summary>
internal sealed class Campaign(long number, IReadOnlyCollection<string> eligible)
{
    private readonly HashSet<string> _granted = [];
    private readonly HashSet<string> _answered = [];

    public long Number => number;

    /// <summary>How many eligible peers answered at all, the candidate included.</summary>
    public int Answered => _answered.Count;

    /// <summary>Counts an answer; true when a majority has granted.</summary>
    public bool Count(string from, bool granted)
    {
        if (!eligible.Contains(from))
            return false;
        _answered.Add(from);
        if (granted)
            _granted.Add(from);
        return granted && _granted.Count > eligible.Count / 2;
    }
}
