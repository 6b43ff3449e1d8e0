using AspireElection.Stores.Files;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A folder of files, as the file store uses it. It decides nothing: each step of its users is one operation, and
/// anything may happen between two of them.
/// </summary>
internal sealed class FolderServer(History history, double rate) : Server(history, rate)
{
    private readonly List<FolderClient> _clients = [];
    private readonly SortedDictionary<long, TermRecord?> _terms = [];
    private readonly SortedDictionary<string, FolderClient> _waiters = new(StringComparer.Ordinal);

    public MemberRows Members { get; private set; } = new();

    public Ledger Ledger { get; private set; } = new(history);

    public override IElectionStore NewClient(Line line)
    {
        var client = new FolderClient(this, line, History);
        _clients.Add(client);
        return client;
    }

    public override void Wipe()
    {
        History.StoreBrokeItsWord("folder emptied", told: false, losesTerm: true);
        _terms.Clear();
        _waiters.Clear();
        Members = new MemberRows();
        Ledger = new Ledger(History);
        History.Forgot();
    }

    public override void Disconnected(Line line)
    {
        // The system unlocks the files of a process that ended.
        foreach (var name in _waiters.Where(w => w.Value.Owner == line).Select(w => w.Key).ToArray())
            Leave(name);
        if (!line.Host.IsAlive)
            _clients.RemoveAll(c => c.Owner == line);
    }

    public long Highest() => _terms.Count == 0 ? 0 : _terms.Keys.Last();

    public bool IsOnly(long number) => _terms.Keys.All(n => n == number);

    public TermRecord? Read(long number) => _terms.GetValueOrDefault(number);

    /// <summary>Creates the file of a term, still empty; false when it is there.</summary>
    public bool Create(long number) => _terms.TryAdd(number, null) && Ring();

    /// <summary>Writes into the file that was created; one that was removed meanwhile does not come back by it.</summary>
    public bool Fill(long number, TermRecord record) => !Says(number, null) || Write(number, record);

    /// <summary>Whether the file of a term is there and says what it said.</summary>
    public bool Says(long number, TermRecord? record) => _terms.TryGetValue(number, out var now) && Equals(now, record);

    /// <summary>Replaces what the file of a term says.</summary>
    public bool Write(long number, TermRecord record)
    {
        _terms[number] = record;
        return Ring();
    }

    public bool Withdraw(long number, TermRecord? written) => Equals(_terms.GetValueOrDefault(number), written) && _terms.Remove(number) && Ring();

    public long HighestToken() => _terms.Values.Select(r => r?.Token ?? 0).DefaultIfEmpty().Max();

    /// <summary>
    /// The line, best first, and the tokens that the folder remembers. Nobody waits for a place that its owner does not keep locked:
    /// the request that would have removed it may have been lost.
    /// </summary>
    public (string[] Waiters, long[] Tokens) Line() => ([.. _waiters.Where(w => w.Value.Keeps(w.Key)).Select(w => w.Key)], [.. _terms.Values.Select(r => r?.Token ?? 0)]);

    public bool Enter(string name, FolderClient client)
    {
        _waiters[name] = client;
        return true;
    }

    public bool Leave(string name) => _waiters.Remove(name) && Ring();

    protected override void Stopped(bool losesData)
    {
        if (losesData)
            Wipe();
    }

    private bool Ring()
    {
        foreach (var client in _clients)
            client.Owner.Tell(client.HearChange);
        return true;
    }
}
