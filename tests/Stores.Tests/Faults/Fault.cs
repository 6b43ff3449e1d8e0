namespace AspireElection.Faults;

/// <summary>Something that goes wrong, and what has to hold then.</summary>
/// <param name="Name">As the README's table calls it.</param>
/// <param name="Stores">Where it can happen; the first is the one that it hits hardest, on which every test run has it.</param>
/// <param name="Bound">Within what time somebody leads again, by store and lease; counted from what <see cref="Strike"/> says.</param>
/// <param name="Run">Does it, waits for what has to follow, and leaves the rest to be restored.</param>
internal sealed record Fault(
    string Name, IReadOnlyList<string> Stores, Func<string, TimeSpan, TimeSpan> Bound, Func<Strike, Task> Run)
{
    public static readonly string[] Servers = ["redis", "postgres"];

    public static readonly string[] Everywhere = ["redis", "postgres", "file"];

    public string Hardest => Stores[0];

    /// <summary>Loses data on purpose: what was done once may be done once more.</summary>
    public bool Wipes { get; init; }

    /// <summary>Whether the soak does it as well, again and again on one cluster.</summary>
    public bool InSoak { get; init; } = true;
}
