using System.Globalization;

namespace AspireElection.Stores.Redis;

/// <summary>What a server says of its replication: the section <c>replication</c> of INFO.</summary>
/// <param name="IsPrimary">Whether it takes writes.</param>
/// <param name="History">Name of the history that its data are part of; a promotion and a restart begin a new one.</param>
/// <param name="Offset">How far its own history has come.</param>
/// <param name="Replicas">How far each replica has come; one that is still being loaded is none yet.</param>
internal sealed record ReplicationState(bool IsPrimary, string History, long Offset, IReadOnlyList<long> Replicas)
{
    public static ReplicationState Parse(string info)
    {
        var (primary, history, offset) = (false, string.Empty, 0L);
        var replicas = new List<long>();
        foreach (var line in info.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.Split(':', 2) is not [var name, var value])
                continue;
            if (name == "role")
                primary = value == "master";
            else if (name == "master_replid")
                history = value;
            else if (name == "master_repl_offset")
                offset = Whole(value);
            else if (name.StartsWith("slave", StringComparison.Ordinal) && OffsetOf(value.Split(',')) is { } has)
                replicas.Add(has);
        }

        return new ReplicationState(primary, history, offset, replicas);
    }

    /// <summary>How many replicas have everything up to <paramref name="offset"/>.</summary>
    public int CountAt(long offset) => Replicas.Count(r => r >= offset);

    private static long? OffsetOf(string[] fields) => fields.Contains("state=online")
        && Array.Find(fields, f => f.StartsWith("offset=", StringComparison.Ordinal)) is { } offset
        ? Whole(offset["offset=".Length..])
        : null;

    private static long Whole(string text) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
