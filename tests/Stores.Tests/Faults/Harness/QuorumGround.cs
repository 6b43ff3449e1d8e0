using AspireElection.FaultNodes.Registers;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Stores.Quorum;
using AspireElection.Timing;

namespace AspireElection.Faults.Harness;

/// <summary>The nodes themselves; the register is a log of theirs.</summary>
internal sealed class QuorumGround : Ground
{
    private const string Key = "the key of the faults";

    /// <summary>As many as a cluster has nodes.</summary>
    private const int Peers = 3;

    private readonly Dictionary<string, Uri> _peers = Enumerable.Range(1, Peers)
        .ToDictionary(n => $"n{n}", _ => new Uri($"http://127.0.0.1:{FreePorts.Next()}"));

    private IElectionStore? _reader;

    public string Folder { get; } = Directory.CreateTempSubdirectory("election-faults-").FullName;

    public override string Store => "quorum";

    public override string Flags => $"--data-dir \"{Folder}\" --peers {string.Join(',', _peers.Select(p => $"{p.Key}={p.Value.GetLeftPart(UriPartial.Authority)}"))}";

    public override async Task StartAsync() => _reader = await OpenStoreAsync();

    public override IEnumerable<string> Variables(int port) => [$"ELECTION_CLUSTER_KEY={Key}"];

    public override async Task<IReadOnlyList<long>> ReadRegisterAsync()
    {
        var log = await _reader!.ReadLogAsync(Election, LedgerRegister.Log, CancellationToken.None);
        return [.. log.Select(long.Parse)];
    }

    public override bool IsAway(Exception exception) => exception is StoreUnavailableException or OperationCanceledException;

    public override Task<IElectionStore> OpenStoreAsync() =>
        Task.FromResult<IElectionStore>(new WatchedQuorum(new QuorumClient(_peers, [], Key, BootClock.Instance)));

    public override async ValueTask DisposeAsync()
    {
        if (_reader is not null)
            await _reader.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
