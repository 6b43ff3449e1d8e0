namespace AspireElection.Stores.InProcess;

/// <summary>What the leaders of one election wrote, behind the fence of the newest term that wrote.</summary>
internal sealed class TermLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _values = [];
    private readonly Dictionary<string, Queue<string>> _logs = [];
    private Term? _fence;

    public IReadOnlyDictionary<string, string> Read(string prefix)
    {
        lock (_gate)
        {
            return _values.Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(StringComparer.Ordinal);
        }
    }

    public void Write(Term term, string key, string value)
    {
        lock (_gate)
        {
            Pass(term);
            _values[key] = value;
        }
    }

    public void Append(Term term, string log, string entry, int keep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        lock (_gate)
        {
            Pass(term);
            if (!_logs.TryGetValue(log, out var entries))
                _logs[log] = entries = new Queue<string>();
            entries.Enqueue(entry);
            while (entries.Count > keep)
                entries.Dequeue();
        }
    }

    public IReadOnlyList<string> ReadLog(string log)
    {
        lock (_gate)
            return _logs.TryGetValue(log, out var entries) ? [.. entries] : [];
    }

    private void Pass(Term term)
    {
        // Equal tokens of two holders come from a store that was wiped: neither may be taken for the other.
        if (_fence is { } fence
            && (term.Token < fence.Token || (term.Token == fence.Token && term.Candidate != fence.Candidate)))
        {
            throw new StaleTermException(term);
        }

        _fence = term;
    }
}
