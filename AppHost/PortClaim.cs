using AspireElection.AppHost.Servers;

namespace AspireElection.AppHost;

/// <summary>
/// A fixed port belongs to one AppHost of this user from its choice on: seconds pass until a server binds to it, and a
/// second AppHost that starts meanwhile would find it free as well.
/// </summary>
internal static class PortClaim
{
    /// <summary>Held open, and with it locked, until this process ends.</summary>
    private static readonly List<FileStream> s_held = [];

    public static bool TryTake(int port)
    {
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(ServerCache.Folder, "ports")).FullName;
            s_held.Add(new FileStream(Path.Combine(folder, $"{port}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            return true;
        }
        catch (IOException)
        {
            return false; // another AppHost has it
        }
        catch (UnauthorizedAccessException)
        {
            return true; // no cache to write to: whether the port is free decides alone
        }
    }
}
