using System.Diagnostics;

namespace AspireElection.Faults.Harness;

/// <summary>Starts nodes that obey the file system's permissions and limits as an ordinary user's do.</summary>
internal static class Privileges
{
    /// <summary>
    /// A node whose files can be taken away from it: root without its power over permissions, and a write beyond the
    /// limit of a file's size is an error and not the end of the process.
    /// </summary>
    public static ProcessStartInfo Start(string arguments)
    {
        var bounded = Environment.IsPrivilegedProcess ? "setpriv --bounding-set -dac_override,-dac_read_search " : string.Empty;
        var info = new ProcessStartInfo("/bin/sh");
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add($"trap '' XFSZ; exec {bounded}dotnet {arguments}");
        return info;
    }
}
