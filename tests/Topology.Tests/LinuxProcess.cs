using System.Diagnostics;

namespace AspireElection.Topology.Tests;

/// <summary>Looks at the processes of this machine through /proc.</summary>
internal static class LinuxProcess
{
    /// <summary>The processes that have this <c>NAME=value</c> in their environment: each child inherits it, so none hides.</summary>
    public static IReadOnlyList<int> With(string variable) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture))
            .Where(pid => Read($"/proc/{pid}/environ").Split('\0').Contains(variable))];

    /// <summary>The value of a variable that one of these processes has in its environment.</summary>
    public static string VariableOf(IEnumerable<int> processes, string name) =>
        processes.SelectMany(p => Read($"/proc/{p}/environ").Split('\0')).First(v => v.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    public static string Describe(IEnumerable<int> processes) =>
        string.Join("; ", processes.Select(p => $"{p} {Read($"/proc/{p}/cmdline").Replace('\0', ' ')}"));

    public static void Kill(IEnumerable<int> processes)
    {
        foreach (var process in processes) Signal("KILL", process);
    }

    public static void Signal(string signal, int process)
    {
        // The shell's own kill: the program belongs to procps, which a small system lacks.
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -s {signal} {process}"]);
        kill.WaitForExit();
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it ended meanwhile, or it is another user's and none of ours
        }
    }
}
