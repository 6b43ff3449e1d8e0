using System.Globalization;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A process and its descendants: PostgreSQL serves each connection by a process of its own.</summary>
internal static class ProcessTree
{
    /// <summary>Parents first, so that who stops them in this order meets no new children.</summary>
    public static List<int> Of(int root)
    {
        ILookup<int, int> children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0)
            .Where(id => id > 0)
            .ToLookup(ParentOf);
        var tree = new List<int> { root };
        for (int i = 0; i < tree.Count; i++) tree.AddRange(children[tree[i]]);
        return tree;
    }

    private static int ParentOf(int process)
    {
        try
        {
            // "pid (name) state parent ...": the name may hold spaces and brackets.
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it ended meanwhile
        }
    }
}
