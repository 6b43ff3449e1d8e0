using System.Security.Cryptography;

namespace AspireElection.AppHost.Servers;

/// <summary>Where a throwaway server keeps its data. Nothing is created here: the server does it and removes it again.</summary>
internal static class ServerFolder
{
    public static string Choose(string server)
    {
        // Root's home is closed to the unprivileged account that the server runs as.
        string parent = Environment.IsPrivilegedProcess ? OpenTemporaryFolder() : Path.Combine(ServerCache.Folder, "data");
        return Path.Combine(parent, $"aspire-election-{server}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
    }

    private static string OpenTemporaryFolder()
    {
        string own = Path.TrimEndingDirectorySeparator(Path.GetTempPath());
        return IsOpen(own) ? own : "/tmp";
    }

    private static bool IsOpen(string folder)
    {
        for (var level = new DirectoryInfo(folder); level is not null; level = level.Parent)
            if (!level.Exists || !level.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        return true;
    }
}
