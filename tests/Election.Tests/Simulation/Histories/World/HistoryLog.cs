using System.Globalization;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// What happened: the last of it for people, and a number over all of it, by which two runs of one seed are compared.
/// </summary>
internal sealed class HistoryLog(TrueTime time)
{
    private const int Kept = 400;

    private readonly Entry[] _last = new Entry[Kept];
    private long _count;

    /// <summary>Over every entry so far, in order.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Something ran on a host: counted, not told.</summary>
    public void Ran(int node) => Mix((ulong)time.Now * 31 + (ulong)node);

    public void Sent(int node, string what) => Add(new Entry(time.Now, node, "asks", what));

    public void Served(int node, string what) => Add(new Entry(time.Now, node, "is served", what));

    public void Note(string what) => Add(new Entry(time.Now, -1, string.Empty, what));

    public IReadOnlyList<string> Lines()
    {
        var lines = new List<string>();
        for (var i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            var entry = _last[i % Kept];
            var who = entry.Node < 0 ? string.Empty : $"node {entry.Node} {entry.Verb} ";
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{entry.At / 1e4,12:0.000} ms  {who}{entry.What}"));
        }

        return lines;
    }

    private void Add(Entry entry)
    {
        _last[_count++ % Kept] = entry;
        Mix((ulong)entry.At);
        Mix((ulong)entry.Node);
        foreach (var letter in entry.What)
            Mix(letter);
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1099511628211;

    private readonly record struct Entry(long At, int Node, string Verb, string What);
}
