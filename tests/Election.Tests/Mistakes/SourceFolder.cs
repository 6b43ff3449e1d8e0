namespace AspireElection.Tests.Mistakes;

/// <summary>Where the sources lie from which these tests were built.</summary>
internal static class SourceFolder
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AspireElection.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("AspireElection.sln was not found above the tests.");
    }
}
