using System.Diagnostics;
using System.Globalization;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks;

/// <summary>Looks up what a reader of the figures has to know of the machine.</summary>
internal static class MachineFacts
{
    /// <summary>Of the last minute.</summary>
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    public static Machine Of(IReadOnlyDictionary<string, string> servers, double loadBefore) => new(
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9),
        System(),
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Environment.Version.ToString(),
        servers,
        Commit(),
        loadBefore,
        Load());

    private static string System() => File.Exists("/etc/os-release") &&
        Array.Find(File.ReadAllLines("/etc/os-release"), l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) is { } line
            ? line["PRETTY_NAME=".Length..].Trim('"')
            : "Linux";

    private static string Commit() => Git("rev-parse --short HEAD") is { Length: > 0 } commit
        ? commit + (Git("status --porcelain --untracked-files=no").Length > 0 ? "+" : string.Empty)
        : "unknown";

    private static string Git(string arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folders.Root };
        using var git = Process.Start(start)!;
        var answer = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return git.ExitCode == 0 ? answer : string.Empty;
    }
}
