using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Quorum.Storage;

/// <summary>
/// The folder of one peer: a folder for each election. One process at a time: a second one under the same name would
/// give a second vote in a term.
/// </summary>
internal sealed class PeerFolder : IDisposable
{
    private readonly FileStream _lock;

    /// <exception cref="StoreUnavailableException">Another process has it, or it cannot be written.</exception>
    public PeerFolder(string dataDirectory, string peer)
    {
        Root = Path.Combine(Path.GetFullPath(dataDirectory), NameOf(peer));
        try
        {
            FolderSync.Create(Root);
            _lock = new FileStream(Path.Combine(Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (IsLocked(failure))
        {
            throw new StoreUnavailableException(
                $"quorum: another process has the folder '{Root}' of peer {peer}; end it, or give this node another name or data folder");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"quorum: the folder '{Root}' cannot be used: {failure.Message.ReplaceLineEndings(" ")} "
                + "Choose a data folder that this user may create and write.", failure);
        }
    }

    public string Root { get; }

    /// <summary>Where many systems remove everything when they start.</summary>
    public bool IsTemporary => Root.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetTempPath()) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    public string LogOf(string election) => Path.Combine(Root, NameOf(election), "log");

    /// <summary>The folders of elections that there are.</summary>
    public int Elections => Directory.GetDirectories(Root).Length;

    public void Dispose() => _lock.Dispose();

    /// <summary>Windows: sharing and lock violation; elsewhere: EWOULDBLOCK of Linux and of macOS. Anything else is no lock.</summary>
    private static bool IsLocked(IOException failure) =>
        OperatingSystem.IsWindows() ? (failure.HResult & 0xFFFF) is 32 or 33 : failure.HResult is 11 or 35;

    /// <summary>
    /// A name as a folder's: neither <c>..</c> nor a device, and different from any other name also where the file system
    /// does not tell upper from lower case.
    /// </summary>
    private static string NameOf(string name) =>
        $"q-{name}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8]}";
}
