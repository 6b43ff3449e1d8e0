namespace AspireElection.Benchmarks;

/// <summary>Where this program finds the sources, and puts what it has found.</summary>
internal static class Folders
{
    public static string Root { get; } = FindRoot();

    /// <summary>Kept by git; the quick run compares itself with it.</summary>
    public static string CommittedFile => Path.Combine(Root, "docs", "benchmarks.json");

    public static string CommittedPage => Path.Combine(Root, "docs", "benchmarks.md");

    /// <summary>Shows some of it.</summary>
    public static string Readme => Path.Combine(Root, "README.md");

    /// <summary>Of the last full run; one of some parts only does not replace it.</summary>
    public static string Full => Artifact("bench");

    public static string Quick => Artifact("bench-quick");

    public static string Partial => Artifact("bench-part");

    private static string Artifact(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(Root, "artifacts")).FullName, name);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AspireElection.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("AspireElection.sln was not found above the benchmark's own folder.");
    }
}
