using AspireElection.FaultNodes.Registers;
using AspireElection.Stores.Files;
using AspireElection.Timing;

namespace AspireElection.Faults.Harness;

/// <summary>A folder; the register is a log in it.</summary>
internal sealed class FileGround : Ground
{
    private FileStore? _reader;

    public string Folder { get; } = Directory.CreateTempSubdirectory("election-faults-").FullName;

    public override string Store => "file";

    public override string Flags => $"--lock-dir \"{Folder}\"";

    public override async Task StartAsync() => _reader = (FileStore)await OpenStoreAsync();

    public override IEnumerable<string> Variables(int port) => [];

    public override async Task<IReadOnlyList<long>> ReadRegisterAsync()
    {
        var log = await _reader!.ReadLogAsync(Election, LedgerRegister.Log, CancellationToken.None);
        return [.. log.Select(long.Parse)];
    }

    public override bool IsAway(Exception exception) =>
        exception is StoreUnavailableException or IOException or UnauthorizedAccessException or ObjectDisposedException;

    public override Task<IElectionStore> OpenStoreAsync() =>
        Task.FromResult<IElectionStore>(new FileStore(Folder, BootClock.Instance));

    public override async ValueTask DisposeAsync()
    {
        if (_reader is not null)
            await _reader.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
