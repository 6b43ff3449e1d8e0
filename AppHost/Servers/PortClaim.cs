namespace AspireElection.AppHost.Servers;

/// <summary>
/// A fixed port belongs to one AppHost of this user from its choice on: seconds pass until a server binds to it, and a
/// second AppHost that starts meanwhile would find it free as well.
/// </summary>
internal static class PortClaim
{
    /// <summary>Held open, and with it locked, until this process ends.</summary>
    private static readonly List<FileStream> s_held = [];

    /// <summary>False while another AppHost has the port.</summary>
    /// <param name="port">The port.</param>
    /// <param name="cache">Where the AppHosts of this user find each other, such as <see cref="ServerCache.Folder"/>.</param>
    public static bool TryTake(int port, string cache)
    {
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(cache, "ports")).FullName;
            s_held.Add(new FileStream(Path.Combine(folder, $"{port}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            return true;
        }
        catch (IOException failure) when (IsLocked(failure))
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return true; // no cache to write to, as in a home folder that is read-only: whether the port is free decides alone
        }
    }

    /// <summary>Windows: sharing and lock violation; elsewhere: EWOULDBLOCK of Linux and of macOS. Anything else is no lock.</summary>
    private static bool IsLocked(IOException failure) =>
        OperatingSystem.IsWindows() ? (failure.HResult & 0xFFFF) is 32 or 33 : failure.HResult is 11 or 35;
}
