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

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
