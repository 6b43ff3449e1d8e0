using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Replicated;

/// <summary>What the committed entries of an election add up to: who holds the seat, and the ledger.</summary>
internal sealed class ElectionState
{
    /// <summary>Of all keys, values and logs together, in characters: a snapshot goes in one message.</summary>
    public const int LargestLedger = 1024 * 1024;

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Queue<string>> _logs = new(StringComparer.Ordinal);
    private long _size;

    /// <summary>The holder of the last term; it may be over.</summary>
    public Holder? Holder { get; private set; }

    /// <summary>Its term; 0 before the first.</summary>
    public long Term { get; private set; }

    /// <summary>It was given back.</summary>
    public bool Released { get; private set; }

    public static ElectionState Load(byte[] bytes) => Bytes.TryRead(bytes, Read)
        ?? throw new StoreUnavailableException("quorum: the snapshot of the leader cannot be read; run the same version on all peers");

    public byte[] Save() => Bytes.Write(w =>
    {
        w.Write(Holder is not null);
        Holder?.Write(w);
        w.Write(Term);
        w.Write(Released);
        w.WriteList(_values, v =>
        {
            w.Write(v.Key);
            w.Write(v.Value);
        });
        w.WriteList(_logs, l =>
        {
            w.Write(l.Key);
            w.WriteList(l.Value, w.Write);
        });
    });

    public void Apply(LogEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Leader:
                Holder = Holder.Parse(entry.Data);
                Term = entry.Term;
                Released = false;
                break;
            case EntryKind.Released when entry.Term >= Term:
                Released = true;
                break;
            case EntryKind.Command when LedgerCommand.Parse(entry.Data) is { } command:
                Apply(command);
                break;
        }
    }

    /// <summary>
    /// Whether the ledger has room for it, also when all that is under way comes before: a ledger that outgrew the
    /// largest record would stop every peer for good.
    /// </summary>
    public bool Fits(LedgerCommand command, long underWay) =>
        _size + underWay + command.Key.Length + command.Text.Length <= LargestLedger;

    public IReadOnlyDictionary<string, string> Values(string prefix) => _values
        .Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);

    public IReadOnlyList<string> Log(string name) => _logs.TryGetValue(name, out var log) ? [.. log] : [];

    private static ElectionState Read(BinaryReader reader)
    {
        var state = new ElectionState
        {
            Holder = reader.ReadBoolean() ? Holder.Read(reader) : null,
            Term = reader.ReadInt64(),
            Released = reader.ReadBoolean(),
        };
        foreach (var (key, value) in reader.ReadList(() => (reader.ReadString(), reader.ReadString())))
            state.Set(key, value);
        foreach (var (name, entries) in reader.ReadList(() => (reader.ReadString(), reader.ReadList(reader.ReadString))))
        {
            foreach (var entry in entries)
                state.Append(name, entry, int.MaxValue);
        }

        return state;
    }

    private void Apply(LedgerCommand command)
    {
        if (command.Keep is { } keep)
            Append(command.Key, command.Text, keep);
        else
            Set(command.Key, command.Text);
    }

    private void Set(string key, string value)
    {
        _size += _values.TryGetValue(key, out var before) ? value.Length - before.Length : key.Length + value.Length;
        _values[key] = value;
    }

    private void Append(string name, string entry, int keep)
    {
        if (!_logs.TryGetValue(name, out var log))
        {
            _logs[name] = log = new Queue<string>();
            _size += name.Length;
        }

        log.Enqueue(entry);
        _size += entry.Length;
        while (log.Count > keep)
            _size -= log.Dequeue().Length;
    }
}
