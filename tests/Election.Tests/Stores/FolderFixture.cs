using AspireElection.Stores.Files;
using AspireElection.Timing;

namespace AspireElection.Stores;

/// <summary>A folder of its own for each test, and the paths in it.</summary>
public abstract class FolderFixture : IAsyncLifetime
{
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly List<FileStore> _stores = [];

    protected string Folder { get; } = Directory.CreateTempSubdirectory("file-store-").FullName;

    protected string SeatFolder => Layout.SeatOf("jobs");

    internal StoreFolder Layout => new(Folder, BootClock.Instance);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    protected FileStore NewStore(TimeProvider? clock = null)
    {
        var store = new FileStore(Folder, clock ?? BootClock.Instance);
        _stores.Add(store);
        return store;
    }

    protected static Candidacy Stand(string node, double leaseSeconds = 60, int priority = 0) =>
        new("jobs", new CandidateId(node, Guid.NewGuid().ToString("N")), TimeSpan.FromSeconds(leaseSeconds), priority);

    protected static Task<Grant> Campaign(FileStore store, Candidacy candidacy) =>
        store.AcquireAsync(candidacy, CancellationToken.None).AsTask();

    protected static Task Until(Func<bool> condition, string what) => Until(() => Task.FromResult(condition()), what);

    protected static async Task Until(Func<Task<bool>> condition, string what)
    {
        var end = BootClock.Instance.After(Bound);
        while (!await condition())
        {
            Assert.True(BootClock.Instance.Until(end) > TimeSpan.Zero, $"not in time: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(2));
        }
    }
}
