using System.Globalization;
using AspireElection.AppHost.Servers;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>Where three workers elect: a server that others use as well, or a folder or ports of their own.</summary>
internal sealed class Place : IDisposable
{
    private const string ClusterKey = "the key of the benchmarks";

    private readonly string _store;
    private readonly RealServer? _server;
    private readonly string? _folder;
    private readonly string? _peers;

    private Place(string store, RealServer? server)
    {
        _store = store;
        _server = server;
        if (server is null)
            _folder = Directory.CreateTempSubdirectory("election-bench-").FullName;
        if (store == "quorum")
            _peers = string.Join(',', Group.NodeIds.Select(id => $"{id}=http://127.0.0.1:{LoopbackPort.Free()}"));
    }

    /// <summary>Null where there is no server: nobody can cut a line to it.</summary>
    public int? ServerPort => _server?.Port;

    public static async Task<Place> OfAsync(string store, Servers servers) => new(store, store switch
    {
        "redis" => await servers.RedisAsync(),
        "postgres" => await servers.PostgresAsync(),
        "etcd" => await servers.EtcdAsync(),
        "file" or "quorum" => null,
        _ => throw new ArgumentException($"There is no store '{store}'.", nameof(store)),
    });

    public IEnumerable<string> Flags => _store switch
    {
        "file" => ["--store", _store, "--lock-dir", _folder!],
        "quorum" => ["--store", _store, "--data-dir", _folder!, "--peers", _peers!],
        _ => ["--store", _store],
    };

    /// <summary>Of a worker that reaches the server at a port.</summary>
    public IEnumerable<(string Name, string Value)> Variables(int port)
    {
        if (_server is not null)
            yield return ($"ConnectionStrings__{_store}", Moved(_server.ConnectionString, _server.Port, port));
        if (_store == "quorum")
            yield return ("ELECTION_CLUSTER_KEY", ClusterKey);
    }

    public void Dispose()
    {
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A password may hold the same digits.</summary>
    private static string Moved(string address, int from, int to)
    {
        var (old, now) = (from.ToString(CultureInfo.InvariantCulture), to.ToString(CultureInfo.InvariantCulture));
        return address
            .Replace($"127.0.0.1:{old}", $"127.0.0.1:{now}", StringComparison.Ordinal)
            .Replace($"Port={old};", $"Port={now};", StringComparison.Ordinal);
    }
}
