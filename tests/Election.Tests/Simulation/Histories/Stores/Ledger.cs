namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What leaders wrote down, behind a fence of token and holder. Part of the server's data.</summary>
internal sealed class Ledger(History history)
{
    private readonly Dictionary<string, string> _values = [];

    public long Token { get; private set; }

    public string Holder { get; private set; } = string.Empty;

    public IReadOnlyDictionary<string, string> Read(string prefix) =>
        _values.Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary();

    public bool Write(Term term, string key, string value)
    {
        if (!Pass(term.Token, term.Candidate.ToString()))
            throw new StaleTermException(term);
        _values[key] = value;
        history.Recorded(term, key, value);
        return true;
    }

    /// <summary>The mere grant ends the writes of the terms before it, where the store does so.</summary>
    public bool Pass(long token, string holder)
    {
        if (token < Token || (token == Token && holder != Holder))
            return false;
        (Token, Holder) = (token, holder);
        return true;
    }
}
