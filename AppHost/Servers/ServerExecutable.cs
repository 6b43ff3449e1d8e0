namespace AspireElection.AppHost.Servers;

/// <summary>A server program of this machine, and a phrase that says where it was found.</summary>
internal sealed record ServerExecutable(string Path, string FoundIn)
{
    /// <summary>Looks in PATH, then (PostgreSQL) in Debian's folders of versions, then in what <c>./run</c> unpacked.</summary>
    /// <returns>Null where the machine has none.</returns>
    public static ServerExecutable? Find(string name) =>
        InPath(name) ?? (name == "postgres" ? InDebianFolders() : null) ?? InCache(name);

    private static ServerExecutable? InPath(string name)
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator))
        {
            string file = System.IO.Path.Combine(folder, name);
            if (!System.IO.Path.IsPathFullyQualified(file) || !File.Exists(file)) continue;
            // initdb must be beside the server; a link in PATH may stand alone.
            string real = new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file;
            if (System.IO.Path.GetFileName(real) != name) real = file;
            if (name == "postgres" && !HasInitdb(real)) continue;
            return new ServerExecutable(real, $"installed, {real}");
        }
        return null;
    }

    private static ServerExecutable? InDebianFolders()
    {
        var root = new DirectoryInfo("/usr/lib/postgresql");
        if (!root.Exists) return null;
        return root.EnumerateDirectories()
            .Where(folder => int.TryParse(folder.Name, out _))
            .OrderByDescending(folder => int.Parse(folder.Name, System.Globalization.CultureInfo.InvariantCulture))
            .Select(folder => System.IO.Path.Combine(folder.FullName, "bin", "postgres"))
            .Where(file => File.Exists(file) && HasInitdb(file))
            .Select(file => new ServerExecutable(file, $"installed, {file}"))
            .FirstOrDefault();
    }

    private static ServerExecutable? InCache(string name)
    {
        string server = name switch { "redis-server" => "redis", "etcdctl" => "etcd", _ => name };
        string tree = System.IO.Path.Combine(ServerCache.Folder, "servers", server);
        string file = System.IO.Path.Combine(tree, "bin", name);
        return File.Exists(System.IO.Path.Combine(tree, "unpacked")) && File.Exists(file)
            ? new ServerExecutable(file, $"unpacked by ./run, {file}")
            : null;
    }

    private static bool HasInitdb(string postgres) =>
        File.Exists(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(postgres)!, "initdb"));
}
