using System.Globalization;

namespace AspireElection.Stores.Files;

/// <summary>
/// The line before a seat: one file for each waiter, whose name tells its rank. A waiter keeps its own file locked;
/// the system unlocks it when the process dies, so that nobody waits for the dead. Nobody ever waits for a lock.
/// </summary>
internal sealed class WaitingLine(string folder)
{
    public const string Extension = ".waiter";

    private const int Attempts = 5;

    public Place Enter(Candidacy candidacy) => new(folder, candidacy);

    /// <summary>The best living waiter; null when nobody waits.</summary>
    public string? Best() => Ranked().FirstOrDefault(IsAlive);

    public bool IsAlive(string name)
    {
        try
        {
            using var free = new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (FileNotFoundException)
        {
            // It left.
            return false;
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // Locked by its living owner, or not to be judged: a dead one among them costs the others one turn.
            return true;
        }

        File.Delete(Path.Combine(folder, name));
        return false;
    }

    /// <summary>How many of the living are ahead of <paramref name="name"/>, <paramref name="except"/> one of them.</summary>
    public int Ahead(string name, string? except) =>
        Ranked().TakeWhile(other => other != name && Compare(other, name) < 0).Count(other => other != except && IsAlive(other));

    private List<string> Ranked()
    {
        var names = StoreFolder.Names(folder, Extension).ToList();
        names.Sort(Compare);
        return names;
    }

    /// <summary>Priority (highest first), node id, incarnation.</summary>
    private static int Compare(string one, string other)
    {
        var (a, b) = (one.Split('~'), other.Split('~'));
        for (var part = 0; part < Math.Min(a.Length, b.Length); part++)
        {
            var order = string.CompareOrdinal(a[part], b[part]);
            if (order != 0)
                return order;
        }

        return a.Length - b.Length;
    }

    /// <summary>A waiter's place in the line, until it is disposed.</summary>
    internal sealed class Place : IDisposable
    {
        private readonly string _folder;
        private readonly string _rank;
        private FileStream _file;

        public Place(string folder, Candidacy candidacy)
        {
            _folder = folder;
            var behind = (long)int.MaxValue - candidacy.Priority;
            _rank = string.Create(CultureInfo.InvariantCulture,
                $"{behind:D10}~{StoreFolder.Checked(candidacy.Id.NodeId)}~{StoreFolder.Digest(candidacy.Id.Incarnation, 16)}");
            _file = Create();
        }

        public string Name => Path.GetFileName(_file.Name);

        /// <summary>Stands in line again after the store was wiped.</summary>
        public void Keep()
        {
            if (File.Exists(_file.Name))
                return;
            _file.Dispose();
            _file = Create();
        }

        public void Dispose() => _file.Dispose();

        private FileStream Create()
        {
            StoreFolder.Create(_folder);
            for (var attempt = 1; ; attempt++)
            {
                var name = Path.Combine(_folder, $"{_rank}~{StoreFolder.UniqueName()}{Extension}");
                try
                {
                    return new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
                }
                catch (IOException) when (attempt < Attempts && File.Exists(name))
                {
                    // Somebody looked whether it is alive before it was locked, and removes it now.
                }
            }
        }
    }
}
