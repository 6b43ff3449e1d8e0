namespace AspireElection.Workers;

/// <summary>A folder of one test, removed with it.</summary>
internal sealed class LockFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("election-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
