namespace AspireElection.Workers;

/// <summary>A folder of one test, removed with it.</summary>
internal sealed class LockFolder : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public string Path { get; } = Directory.CreateTempSubdirectory("election-test-").FullName;

    /// <summary>A leader's farewell is written beside its end, and may come into the folder while that is being removed.</summary>
    public void Dispose()
    {
        IOException? last = null;
        if (!SpinWait.SpinUntil(() => (last = Remove()) is null, Limit))
            throw last!;
    }

    private IOException? Remove()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException notEmpty)
        {
            return notEmpty;
        }
    }
}
