using StackExchange.Redis;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// The elector that everybody writes first: whoever sets the key leads, the leader prolongs it, the others try again
/// every second. Nobody is told of anything.
/// </summary>
internal sealed class PollingRedis : IStand
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;
    private readonly string _key;
    private CancellationTokenSource _standing = new();

    private PollingRedis(ConnectionMultiplexer connection, string key) => (_connection, _database, _key) = (connection, connection.GetDatabase(), key);

    public static async Task<IStand> OpenAsync(string connection, string seat) => new PollingRedis(await ConnectionMultiplexer.ConnectAsync(connection), "polling:" + seat);

    public async Task StandAsync()
    {
        _standing = new CancellationTokenSource();
        var leads = await TakeAsync();
        _ = RunAsync(leads, _standing.Token);
    }

    public Task ResignAsync() => Stamps.ResignAsync(async () =>
    {
        await _standing.CancelAsync();
        await _database.KeyDeleteAsync(_key);
    });

    public async ValueTask DisposeAsync()
    {
        _standing.Dispose();
        await _connection.CloseAsync();
    }

    private async Task RunAsync(bool leads, CancellationToken standing)
    {
        while (!standing.IsCancellationRequested)
        {
            // As often as a candidate of the library renews.
            await Task.Delay(leads ? CandidateStand.Lease / 3 : s_period, CancellationToken.None);
            if (standing.IsCancellationRequested)
                return;
            if (leads)
                await _database.KeyExpireAsync(_key, CandidateStand.Lease);
            else
                leads = await TakeAsync();
        }
    }

    private async Task<bool> TakeAsync()
    {
        var taken = await _database.StringSetAsync(_key, "held", CandidateStand.Lease, When.NotExists);
        if (taken)
            Stamps.SayLeads();
        return taken;
    }
}
