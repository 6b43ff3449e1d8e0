using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Files;

/// <summary>The folder of a store: where things are in it, how a file is replaced, and how its failures are told.</summary>
internal sealed class StoreFolder
{
    private static readonly TimeSpan LeftBehind = TimeSpan.FromHours(1);

    /// <summary>Not the process id: two containers that share the folder may both have the number 1.</summary>
    private static readonly string Process = Guid.NewGuid().ToString("N")[..12];
    private static long _names;

    private readonly TimeProvider _clock;
    private readonly string _temporary;
    private int _swept;

    public StoreFolder(string directory, TimeProvider clock)
    {
        _clock = clock;
        Root = Path.Combine(Path.GetFullPath(directory), "aspire-election");
        Seats = Path.Combine(Root, "seats");
        _temporary = Path.Combine(Root, "tmp");
    }

    /// <summary>A folder of its own, because the given one may be the system's temporary folder.</summary>
    public string Root { get; }

    /// <summary>The one folder that is watched: a folder for each election, with its terms and its line.</summary>
    public string Seats { get; }

    public string SeatOf(string election) => Path.Combine(Seats, NameOf(election));

    public string MembersOf(string election) => Path.Combine(Root, "members", NameOf(election));

    public string LedgerOf(string election) => Path.Combine(Root, "ledger", NameOf(election));

    /// <summary>
    /// A name as a file name: neither <c>..</c> nor a device, and different from any other name also where the file
    /// system does not tell upper from lower case.
    /// </summary>
    public static string NameOf(string name) => $"e-{Checked(name)}~{Digest(name, 8)}";

    /// <summary>A name may become a part of a path only after this.</summary>
    public static string Checked(string name) => ElectionOptionsValidator.IsName(name)
        ? name
        : throw new ArgumentException($"'{name}' is no name: 1 to 128 characters of A-Z a-z 0-9 . _ - are.", nameof(name));

    public static string Digest(string text, int characters) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..characters];

    /// <summary>A name that no other process and no other file of this one has.</summary>
    public static string UniqueName() => string.Create(CultureInfo.InvariantCulture, $"{Process}.{Interlocked.Increment(ref _names)}");

    /// <summary>Replaces a file in one step: readers see the old content or the new, never a part.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its new content.</param>
    /// <param name="durable">Whether it must outlive a crash of the host.</param>
    public void Replace(string path, string text, bool durable = false)
    {
        Create(_temporary);
        Sweep();
        var temporary = Path.Combine(_temporary, UniqueName());
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                if (durable)
                    stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException)
        {
            // A full disk: each attempt of a leader to renew would leave a file that keeps it full.
            File.Delete(temporary);
            throw;
        }
    }

    public static void Create(string folder) => Directory.CreateDirectory(folder);

    /// <summary>A file's content; null when there is no such file.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            // Removed between listing and reading, which is as if it had not been listed.
            return null;
        }
    }

    /// <summary>The names in a folder that end so; none when there is no such folder.</summary>
    public static IReadOnlyList<string> Names(string folder, string extension)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*" + extension).Select(path => Path.GetFileName(path))];
        }
        catch (DirectoryNotFoundException)
        {
            // Nobody has been here yet, or the store was wiped.
            return [];
        }
    }

    public T Use<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"the election folder '{Root}' cannot be used: {failure.Message.ReplaceLineEndings(" ")} "
                + "Choose a folder that this user may create and write.", failure);
        }
    }

    /// <summary>Temporary files of processes that died while writing; time decides about garbage only.</summary>
    private void Sweep()
    {
        if (Interlocked.Exchange(ref _swept, 1) != 0)
            return;
        var oldest = (_clock.GetUtcNow() - LeftBehind).UtcDateTime;
        foreach (var path in Directory.EnumerateFiles(_temporary))
        {
            if (File.GetLastWriteTimeUtc(path) < oldest)
                File.Delete(path);
        }
    }
}
