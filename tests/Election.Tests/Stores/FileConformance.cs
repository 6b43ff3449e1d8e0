using AspireElection.Conformance;
using AspireElection.Stores.Files;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores;

/// <summary>Several stores on one folder are to each other as several processes are.</summary>
public sealed class FileConformance(ITestOutputHelper output) : StoreConformance<FileStore>(output)
{
    private readonly string _directory = Directory.CreateTempSubdirectory("file-store-").FullName;

    private int _wipes;

    protected override Func<Task>? Wipe => WipeAsync;

    protected override bool ReclaimsOrphans => false;

    protected override TimeSpan Lease => TimeSpan.FromMilliseconds(600);

    protected override Task<FileStore> CreateStoreAsync() => Task.FromResult(new FileStore(_directory, BootClock.Instance));

    protected override Task<int> CountWaitingAsync(string election) => Task.FromResult(
        Directory.GetFiles(new StoreFolder(_directory, BootClock.Instance).SeatOf(election), "*.waiter").Length);

    private Task WipeAsync()
    {
        // In one step: who waits puts its file into the folder again at once.
        Directory.Move(Path.Combine(_directory, "aspire-election"), Path.Combine(_directory, $"wiped-{++_wipes}"));
        return Task.CompletedTask;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
