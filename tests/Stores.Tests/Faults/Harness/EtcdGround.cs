using AspireElection.FaultNodes.Registers;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Faults.Harness;

/// <summary>An etcd of its own; the register is a value in its ledger.</summary>
internal sealed class EtcdGround : Ground
{
    private readonly EtcdServer _server = new();
    private EtcdStore? _reader;

    public override string Store => "etcd";

    public override RealServer Server => _server;

    public override string Flags => string.Empty;

    public EtcdCalls Admin { get; private set; } = null!;

    public override async Task StartAsync()
    {
        await _server.StartAsync();
        Admin = new EtcdCalls(EtcdOptions.Parse(_server.ConnectionString), BootClock.Instance);
        _reader = (EtcdStore)await OpenStoreAsync();
    }

    public override IEnumerable<string> Variables(int port) => [$"ConnectionStrings__etcd=http://127.0.0.1:{port}", $"{FaultNodes.Variables.Register}={ValueRegister.Word}:"];

    public override async Task<IReadOnlyList<long>> ReadRegisterAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var values = await _reader!.ReadAsync(Election, ValueRegister.Key, limit.Token);
        return [.. values.Values.Select(long.Parse)];
    }

    public override bool IsAway(Exception exception) =>
        exception is StoreUnavailableException or OperationCanceledException or ObjectDisposedException;

    public override Task<IElectionStore> OpenStoreAsync() =>
        Task.FromResult<IElectionStore>(new EtcdStore(EtcdOptions.Parse(_server.ConnectionString), BootClock.Instance));

    public async Task<TermRecord?> TermAsync()
    {
        var look = new Txn().Then(SeatLook.Operations(Election, first: 1));
        return SeatLook.Of(await Admin.AskAsync("kv/txn", look.Body, EtcdCalls.LongestWait, default), 0).Term;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_reader is not null)
            await _reader.DisposeAsync();
        Admin?.Dispose();
        await _server.DisposeAsync();
    }
}
