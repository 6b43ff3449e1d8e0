using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>What only files can suffer.</summary>
internal static class FileFaults
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static IEnumerable<Fault> All =>
    [
        new("disk full", ["file"], (_, lease) => Bounds.ServerBack(lease), DiskFullAsync),
        new("folder made read-only", ["file"], (_, lease) => Bounds.ServerBack(lease), ReadOnlyAsync),
        new("folder removed", ["file"], (_, lease) => Bounds.ServerBack(lease), RemovedAsync) { Wipes = true },
    ];

    /// <summary>No file may become longer than nothing, which needs no file system of a test's own and no privilege.</summary>
    private static async Task DiskFullAsync(Strike strike)
    {
        var at = RunClock.Now;
        foreach (var node in strike.Cluster.Nodes)
            FileSizeLimit.Set(node.Process.Id, 0);
        await Strike.WaitAsync(strike.Lease * 3);
        strike.NobodyLongerThanTrust(at + TimeSpan.FromMilliseconds(50));
        var room = RunClock.Now;
        foreach (var node in strike.Cluster.Nodes)
            FileSizeLimit.Set(node.Process.Id, null);
        await strike.NextTermAsync(room);
    }

    private static async Task ReadOnlyAsync(Strike strike)
    {
        var folders = Directory.GetDirectories(Folder(strike), "*", SearchOption.AllDirectories).Append(Folder(strike)).ToList();
        var at = RunClock.Now;
        foreach (var folder in folders)
            Allow(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await Strike.WaitAsync(strike.Lease * 3);
        strike.NobodyLongerThanTrust(at + TimeSpan.FromMilliseconds(50));
        var back = RunClock.Now;
        foreach (var folder in folders)
            Allow(folder, Owner);
        await strike.NextTermAsync(back);
    }

    private static async Task RemovedAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        Directory.Move(Folder(strike), Folder(strike) + "-gone");
        Directory.CreateDirectory(Folder(strike));
        await strike.NextTermAsync(at);
        Directory.Delete(Folder(strike) + "-gone", recursive: true);
    }

#pragma warning disable CA1416 // The nodes are sent signals: these tests run on Linux only.
    private static void Allow(string folder, UnixFileMode mode) => File.SetUnixFileMode(folder, mode);
#pragma warning restore CA1416

    private static string Folder(Strike strike) => ((FileGround)strike.Cluster.Ground).Folder;
}
