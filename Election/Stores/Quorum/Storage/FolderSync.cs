using System.Runtime.InteropServices;

namespace AspireElection.Stores.Quorum.Storage;

/// <summary>
/// Has the names in a folder written to the disk. Without it a power cut may bring back the file that was replaced, and
/// with it a vote that was given in another way since.
/// </summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    public static void Flush(string folder)
    {
        // Windows writes names through; elsewhere a folder is opened and flushed like a file, which .NET cannot do.
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, ReadOnly);
        if (handle < 0)
            throw new IOException($"The folder '{folder}' cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (Sync(handle) != 0)
                throw new IOException($"The folder '{folder}' cannot be written to the disk (error {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>
    /// Makes a folder and those above it that are missing, each of which a power cut may take away with all that is in it
    /// while its name is not on the disk. The last name is written in any case: who made it may have been killed before.
    /// </summary>
    public static void Create(string folder)
    {
        if (Path.GetDirectoryName(folder) is not { } parent)
            return;
        if (!Directory.Exists(parent))
            Create(parent);
        Directory.CreateDirectory(folder);
        Flush(parent);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
