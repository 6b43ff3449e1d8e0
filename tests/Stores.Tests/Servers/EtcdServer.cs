using AspireElection.AppHost.Servers;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A real etcd, or a member of a cluster of several; its least lease is a second.</summary>
public sealed class EtcdServer : RealServer
{
    /// <summary>The least lease of a server is 1.5 of it, in whole seconds.</summary>
    private static readonly TimeSpan s_quick = TimeSpan.FromMilliseconds(600);

    private static readonly HttpClient s_client = new();

    private readonly bool _tls;

    public EtcdServer()
        : this(s_quick, [], "")
    {
    }

    private EtcdServer(TimeSpan electionTimeout, IReadOnlyList<int> cluster, string flags)
        : base(
            LocalServer.Etcd(LoopbackPort.Free()) is { } found
                ? found with { ElectionTimeout = electionTimeout, Cluster = cluster, Flags = flags }
                : null,
            "etcd") => _tls = flags.Contains("--cert-file", StringComparison.Ordinal);

    /// <summary>As it comes: no lease below two seconds.</summary>
    public static EtcdServer WithUsualTimes() => new(TimeSpan.FromSeconds(1), [], "");

    public static EtcdServer With(string flags) => new(s_quick, [], flags);

    /// <summary>Members of one cluster; none is started yet, and the first answers only when a second runs.</summary>
    public static IReadOnlyList<EtcdServer> Cluster(int size)
    {
        int[] peers = [.. Enumerable.Range(0, size).Select(_ => LoopbackPort.Free())];
        return [.. peers.Select(own => new EtcdServer(s_quick, [own, .. peers.Where(p => p != own)], ""))];
    }

    internal override async Task AskAsync(CancellationToken cancellation)
    {
        if (_tls)
        {
            // Whether it lets anybody in is for the test to say.
            using var client = new System.Net.Sockets.TcpClient();
            await client.ConnectAsync("127.0.0.1", Port, cancellation);
            return;
        }
        // Without a leader /health answers 503.
        string answer = await s_client.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/health"), cancellation);
        if (!answer.Contains("true", StringComparison.Ordinal)) throw new HttpRequestException(answer);
    }

    private protected override bool MeansNotYet(Exception exception) =>
        exception is HttpRequestException or System.Net.Sockets.SocketException or IOException or TaskCanceledException;
}
