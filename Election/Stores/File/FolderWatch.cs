namespace AspireElection.Stores.Files;

/// <summary>
/// The one watcher of a folder in this process, shared by all stores and all elections in it: a system has few
/// watchers (128 on a usual Linux), and a process may stand in thousands of elections.
/// </summary>
/// <remarks>It is no more than a doorbell. Whoever listens also looks from time to time, because news can be lost.</remarks>
internal sealed class FolderWatch
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, FolderWatch> Shared = new(StringComparer.Ordinal);

    private readonly string _path;
    private readonly Dictionary<string, List<Action<string>>> _listeners = new(StringComparer.Ordinal);
    private FileSystemWatcher? _watcher;
    private int _rents;

    private FolderWatch(string path) => _path = path;

    /// <summary>The shared watch of a folder; give it back once.</summary>
    public static FolderWatch Rent(string path)
    {
        lock (Gate)
        {
            if (!Shared.TryGetValue(path, out var watch))
            {
                Shared[path] = watch = new FolderWatch(path);
                watch.Start();
            }

            watch._rents++;
            return watch;
        }
    }

    public void Return()
    {
        FileSystemWatcher? last = null;
        lock (Gate)
        {
            if (--_rents == 0)
            {
                Shared.Remove(_path);
                (last, _watcher) = (_watcher, null);
            }
        }

        last?.Dispose();
    }

    /// <summary>Calls with the name of each file that comes, changes or goes in a folder below.</summary>
    public IDisposable Listen(string child, Action<string> changed)
    {
        lock (_listeners)
        {
            if (!_listeners.TryGetValue(child, out var listeners))
                _listeners[child] = listeners = [];
            listeners.Add(changed);
        }

        return new Listener(this, child, changed);
    }

    /// <summary>Watches anew: somebody found news by looking that the watcher had not told.</summary>
    public void Renew()
    {
        FileSystemWatcher? deaf;
        lock (Gate)
        {
            if (_rents == 0)
                return;
            (deaf, _watcher) = (_watcher, null);
            Start();
        }

        deaf?.Dispose();
        RingAll();
    }

    private void Start()
    {
        try
        {
            var watcher = new FileSystemWatcher(_path)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
            };
            watcher.Created += (_, e) => Ring(e.Name);
            watcher.Changed += (_, e) => Ring(e.Name);
            watcher.Deleted += (_, e) => Ring(e.Name);
            watcher.Renamed += (_, e) => Ring(e.Name);
            watcher.Error += (_, _) => RingAll();
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception none) when (none is IOException or ArgumentException)
        {
            // No watcher left in the system, or no folder any more: looking from time to time has to do.
        }
    }

    private void Ring(string? name)
    {
        if (name is null)
            return;
        var child = name.IndexOf(Path.DirectorySeparatorChar, StringComparison.Ordinal) is var cut and >= 0 ? name[..cut] : name;
        Action<string>[] listeners;
        lock (_listeners)
            listeners = _listeners.TryGetValue(child, out var found) ? [.. found] : [];
        foreach (var listener in listeners)
            listener(name);
    }

    private void RingAll()
    {
        Action<string>[] all;
        lock (_listeners)
            all = [.. _listeners.Values.SelectMany(l => l)];
        foreach (var listener in all)
            listener(string.Empty);
    }

    private sealed class Listener(FolderWatch watch, string child, Action<string> changed) : IDisposable
    {
        public void Dispose()
        {
            lock (watch._listeners)
            {
                if (watch._listeners.TryGetValue(child, out var listeners) && listeners.Remove(changed) && listeners.Count == 0)
                    watch._listeners.Remove(child);
            }
        }
    }
}
