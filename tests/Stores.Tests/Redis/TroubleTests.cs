using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>What a person is told of a server that is away, unfit, or refuses: never the password.</summary>
public sealed class TroubleTests(RedisServer server) : RedisTests(server)
{
    private const string Wrong = "not-the-password";
    private const string Patient = ",abortConnect=false,connectTimeout=500";

    [Fact]
    public async Task A_wrong_password()
    {
        await IsToldAsync($"127.0.0.1:{Server.Port},password={Wrong},abortConnect=false,connectTimeout=500", "refused the password");
    }

    [Fact]
    public async Task A_missing_password()
    {
        await IsToldAsync($"127.0.0.1:{Server.Port},abortConnect=false,connectTimeout=500", "wants a password");
    }

    [Fact]
    public async Task A_server_that_is_away()
    {
        await using var away = new RedisServer();
        var trouble = await TroubleOf($"127.0.0.1:{away.Port},abortConnect=false,connectTimeout=500", away.Port);
        Assert.Contains("not reachable", trouble, StringComparison.Ordinal);
    }

    /// <summary>Newer clients keep requests for their next connection: nothing is refused, all is late.</summary>
    [Fact]
    public async Task A_request_that_waits_for_a_connection_is_told_what_keeps_the_client_from_one()
    {
        await using var away = new RedisServer();
        using var nowhere = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{away.Port}{Patient}");
        Assert.Contains("is not reachable", Late(nowhere), StringComparison.Ordinal);

        using var stranger = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Server.Port},password={Wrong}{Patient}");
        using var limit = new CancellationTokenSource(Bound);
        while (!Late(stranger).Contains("refused the password", StringComparison.Ordinal) && !limit.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        Assert.Contains("refused the password", Late(stranger), StringComparison.Ordinal);

        using var connected = await ConnectionMultiplexer.ConnectAsync(Server.ConnectionString);
        Assert.Contains("did not answer within 300 ms", Late(connected), StringComparison.Ordinal);

        static string Late(ConnectionMultiplexer connection) => RedisTrouble.Of(
            connection, ServerLook.Of(connection, TimeProvider.System), new TimeoutException(), TimeSpan.FromMilliseconds(300)).Message;
    }

    [Fact]
    public async Task A_server_with_as_many_clients_as_it_allows()
    {
        await using var full = new RedisServer();
        await full.StartAsync();
        using var connection = await ConnectionMultiplexer.ConnectAsync(full.ConnectionString);
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxclients", 1);
        await IsToldAsync(full.ConnectionString + Patient, "maxclients", full.Port);
    }

    [Fact]
    public async Task A_web_server()
    {
        await using var web = new LoopbackListener(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray());
        });
        await IsToldAsync($"127.0.0.1:{web.Port}{Patient}", "is a web server and no Redis", web.Port);
    }

    [Fact]
    public async Task A_server_that_takes_connections_and_says_nothing()
    {
        await using var mute = new LoopbackListener(_ => Task.Delay(Timeout.Infinite));
        await IsToldAsync($"127.0.0.1:{mute.Port}{Patient}", "does not answer", mute.Port);
    }

    [Fact]
    public async Task A_server_that_resets_connections()
    {
        await using var rude = new LoopbackListener(stream =>
        {
            stream.Socket.Close(0);
            return Task.CompletedTask;
        });
        await IsToldAsync($"127.0.0.1:{rude.Port}{Patient}", "closes connections without a word", rude.Port);
    }

    [Fact]
    public async Task A_server_that_wants_TLS()
    {
        using var certificate = LoopbackListener.Certificate();
        await using var secure = new LoopbackListener(certificate);
        await IsToldAsync($"127.0.0.1:{secure.Port}{Patient}", "add ssl=true", secure.Port);
        await IsToldAsync($"127.0.0.1:{secure.Port},ssl=true{Patient}", "certificate", secure.Port);
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS()
    {
        await IsToldAsync($"{Server.ConnectionString},ssl=true{Patient}", "speaks no TLS");
    }

    [Fact]
    public async Task A_read_only_replica()
    {
        await using var replica = new RedisServer();
        await replica.StartAsync();
        using var connection = await ConnectionMultiplexer.ConnectAsync(replica.ConnectionString);
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "masterauth", Server.Password);
        await connection.GetDatabase().ExecuteAsync("REPLICAOF", "127.0.0.1", Server.Port);
        var trouble = await TroubleOf(replica.ConnectionString, replica.Port);
        Assert.Contains("READONLY", trouble, StringComparison.Ordinal);
        Assert.DoesNotContain(replica.Password, trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_memory_left()
    {
        await using var full = new RedisServer();
        await full.StartAsync();
        using var connection = await ConnectionMultiplexer.ConnectAsync(full.ConnectionString);
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", 1);
        var trouble = await TroubleOf(full.ConnectionString, full.Port);
        Assert.Contains("out of memory", trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frozen_server_is_given_up_after_a_third_of_the_lease()
    {
        await using var frozen = new RedisServer();
        await frozen.StartAsync();
        using var connection = await ConnectionMultiplexer.ConnectAsync(frozen.ConnectionString);
        var store = Store(connection);
        await TeachScriptsAsync(store);
        var lease = TimeSpan.FromMilliseconds(900);
        var grant = await Acquire(store, Stand("node-1", lease));
        frozen.Freeze();
        var trouble = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.RenewAsync(grant.Term, lease, Ending).AsTask().WaitAsync(Bound));
        Assert.Contains($"127.0.0.1:{frozen.Port} did not answer within 300 ms", trouble.Message, StringComparison.Ordinal);
        frozen.Continue();
    }

    /// <summary>
    /// The client reports a refused connection and its reason one after the other: an answer between the two can only say
    /// that the server is not reachable, and the next one knows better.
    /// </summary>
    private async Task IsToldAsync(string connectionString, string reason, int? port = null)
    {
        var store = await StoreAsync(connectionString);
        var told = string.Empty;
        using var limit = new CancellationTokenSource(Bound);
        while (!(told = await TroubleOf(store, port)).Contains(reason, StringComparison.Ordinal) && !limit.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        Assert.Contains(reason, told, StringComparison.Ordinal);
    }

    private async Task<string> TroubleOf(string connectionString, int? port = null) =>
        await TroubleOf(await StoreAsync(connectionString), port);

    private async Task<string> TroubleOf(RedisStore store, int? port)
    {
        var trouble = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("node-1", TimeSpan.FromSeconds(3))));
        Assert.StartsWith($"redis 127.0.0.1:{port ?? Server.Port} ", trouble.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', trouble.Message);
        foreach (var secret in (string[])[Wrong, Server.Password])
            Assert.DoesNotContain(secret, trouble.ToString(), StringComparison.Ordinal);
        return trouble.Message;
    }
}
