using AspireElection.Stores.Etcd;
using AspireElection.Timing;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// The least that an election through etcd can do on the library's own client: who resigns deletes the key, who waits
/// watches it and creates it where nobody has.
/// </summary>
internal sealed class BareEtcd : IStand
{
    /// <summary>Nobody keeps it alive, so it outlasts all rounds.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(30);

    private readonly EtcdCalls _calls;
    private readonly string _key;
    private readonly long _lease;
    private WatchStream? _watch;

    private BareEtcd(EtcdCalls calls, string key, long lease) => (_calls, _key, _lease) = (calls, key, lease);

    public static async Task<IStand> OpenAsync(string connection, string seat)
    {
        var calls = new EtcdCalls(EtcdOptions.Parse(connection), BootClock.Instance);
        var (lease, _) = await calls.GrantAsync(s_lease, CancellationToken.None);
        var stand = new BareEtcd(calls, "bare:" + seat, lease);
        // Both open before one of them stands: what is there was left by an earlier measurement, which killed its holder.
        await stand.GiveBackAsync();
        return stand;
    }

    public async Task StandAsync()
    {
        _watch = WatchStream.OfAll(_calls, _key, told => { if (told.IsDeleted) _ = TakeAsync(); }, static () => { });
        await _watch.BegunAsync(CancellationToken.None);
        await TakeAsync();
    }

    public Task ResignAsync() => Stamps.ResignAsync(GiveBackAsync);

    public ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task TakeAsync()
    {
        var answer = await DoAsync(new Txn().IfCreated(_key, 0).Then(Txn.Put(_key, "held", _lease)));
        if (!answer.Succeeded)
            return;
        Stamps.SayLeads();
        _watch?.Dispose();
    }

    private Task GiveBackAsync() => DoAsync(new Txn().Then(Txn.Delete(_key)));

    private Task<Answer> DoAsync(Txn step) => _calls.AskAsync("kv/txn", step.Body, EtcdCalls.LongestWait, CancellationToken.None).AsTask();
}
