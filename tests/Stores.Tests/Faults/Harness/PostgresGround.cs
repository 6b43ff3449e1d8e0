using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Faults.Harness;

/// <summary>A PostgreSQL of its own, which the nodes use under a role without privileges.</summary>
/// <param name="lockSessions">How many sessions of a node hold its seats; 0: one for each.</param>
internal sealed class PostgresGround(int lockSessions = 0) : Ground
{
    public const string Role = "node";

    private const string SetUp = $"""
        CREATE ROLE {Role} LOGIN PASSWORD 'node';
        GRANT CREATE, USAGE ON SCHEMA public TO {Role};
        CREATE TABLE register (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, token bigint NOT NULL);
        GRANT ALL ON register TO {Role};
        CREATE TABLE gate ();
        GRANT ALL ON gate TO {Role}
        """;

    private readonly PostgresServer _server = new();
    private NpgsqlDataSource? _source;
    private NpgsqlConnection? _gate;
    private long _read;

    public override string Store => "postgres";

    public override RealServer Server => _server;

    public override bool HasMigrations => true;

    public override string Flags => string.Empty;

    public NpgsqlDataSource Admin => _source!;

    public override async Task StartAsync()
    {
        await _server.StartAsync();
        _source = NpgsqlDataSource.Create(_server.ConnectionString + ";Timeout=2;Command Timeout=5");
        await using var set = _source.CreateCommand(SetUp);
        await set.ExecuteNonQueryAsync();
        _gate = new NpgsqlConnection(_server.ConnectionString + ";Pooling=false");
        await _gate.OpenAsync();
        await using var close = new NpgsqlCommand("BEGIN; LOCK TABLE gate", _gate);
        await close.ExecuteNonQueryAsync();
    }

    /// <summary>Whoever locks the table <c>gate</c> waits until now, or until the server restarts.</summary>
    public Task OpenGateAsync() => _gate!.CloseAsync();

    public override IEnumerable<string> Variables(int port) =>
    [
        $"ConnectionStrings__postgres={For(port)}",
        $"{FaultNodes.Variables.Register}=postgres:{For(_server.Port)}",
        .. lockSessions > 0 ? new[] { $"{FaultNodes.Variables.LockSessions}={lockSessions}" } : [],
    ];

    public override async Task<IReadOnlyList<long>> ReadRegisterAsync()
    {
        await using var command = Admin.CreateCommand("SELECT number, token FROM register WHERE number > $1 ORDER BY number LIMIT 10000");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _read });
        await using var reader = await command.ExecuteReaderAsync();
        var tokens = new List<long>();
        while (await reader.ReadAsync())
        {
            _read = reader.GetInt64(0);
            tokens.Add(reader.GetInt64(1));
        }

        return tokens;
    }

    public override bool IsAway(Exception exception) => exception is NpgsqlException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    public async Task<T> AskAsync<T>(string sql)
    {
        await using var command = Admin.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public override Task<IElectionStore> OpenStoreAsync() =>
        Task.FromResult<IElectionStore>(new PostgresStore(For(_server.Port), BootClock.Instance));

    public override async ValueTask DisposeAsync()
    {
        if (_gate is not null)
            await _gate.DisposeAsync();
        if (_source is not null)
            await _source.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static string For(int port) => $"Host=127.0.0.1;Port={port};Username={Role};Password=node;Database=election";
}
