using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Faults.Harness;

/// <summary>Where an election of the tests lives, and the register beside it.</summary>
internal abstract class Ground : IAsyncDisposable
{
    public const string Election = "faults";

    /// <summary>PostgreSQL, where the seats of a process share its sessions.</summary>
    public const string SharedSessions = "postgres, shared sessions";

    /// <summary>Redis, PostgreSQL, etcd, file or quorum, as <c>--store</c> calls it.</summary>
    public abstract string Store { get; }

    /// <summary>Null where there is none.</summary>
    public virtual RealServer? Server => null;

    /// <summary>Whether run-once work of the worker's own, the migrations, has a database here.</summary>
    public virtual bool HasMigrations => false;

    public static Ground Of(string store) => store switch
    {
        "redis" => new RedisGround(),
        "postgres" => new PostgresGround(),
        SharedSessions => new PostgresGround(lockSessions: 2),
        "etcd" => new EtcdGround(),
        "file" => new FileGround(),
        "quorum" => new QuorumGround(),
        _ => throw new ArgumentException($"There is no ground '{store}'.", nameof(store)),
    };

    public abstract Task StartAsync();

    /// <summary>Flags of a node.</summary>
    public abstract string Flags { get; }

    /// <summary>Variables of a node (<c>NAME=value</c>) whose server answers at a port; 0 where there is no server.</summary>
    public abstract IEnumerable<string> Variables(int port);

    /// <summary>Reads what was written into the register since the last look, oldest first.</summary>
    public abstract Task<IReadOnlyList<long>> ReadRegisterAsync();

    /// <summary>Whether reading the register failed because its place is away.</summary>
    public abstract bool IsAway(Exception exception);

    /// <summary>A store for the test's own looks.</summary>
    public abstract Task<IElectionStore> OpenStoreAsync();

    public abstract ValueTask DisposeAsync();
}
