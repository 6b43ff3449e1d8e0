namespace AspireElection.Faults;

/// <summary>
/// All faults. In every run each happens once, on the store that it hits hardest; in <c>./test all</c> on all stores
/// that it can hit.
/// </summary>
internal static class FaultTable
{
    public static IReadOnlyList<Fault> All { get; } =
        [.. ProcessFaults.All, .. LineFaults.All, .. ServerFaults.All, .. RedisFaults.All, .. PostgresFaults.All, .. EtcdFaults.All, .. FileFaults.All, .. QuorumFaults.All];

    public static Fault Find(string name) => All.Single(f => f.Name == name);
}
