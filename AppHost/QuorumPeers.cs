using System.Globalization;
using System.Security.Cryptography;
using AspireElection.AppHost.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace AspireElection.AppHost;

/// <summary>The replicas as peers of the quorum store.</summary>
/// <remarks>
/// All replicas of a project get one and the same environment, and no port that others could know beforehand. So there is a
/// list of as many peers as replicas, each with a port of its own, and each replica takes the first peer that no other
/// process has: it listens there beside the address behind Aspire's proxy. A replica that is started again becomes the peer
/// that has gone, with what that one stored.
/// </remarks>
/// <param name="List">As the workers' <c>PEERS</c>.</param>
/// <param name="Folder">Where they keep what they must not forget; removed with the AppHost.</param>
/// <param name="Key">What they share.</param>
internal sealed record QuorumPeers(string List, string Folder, IResourceBuilder<ParameterResource> Key)
{
    public static QuorumPeers Add(IDistributedApplicationBuilder builder, int replicas)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"aspire-election-quorum-{Environment.ProcessId}-{Path.GetRandomFileName()}");
        builder.Services.AddHostedService(_ => new TemporaryFolder(folder));
        var ports = new HashSet<int>();
        while (ports.Count < replicas) ports.Add(LoopbackPort.Free());
        var list = string.Join(',', ports.Select((port, i) => string.Create(
            CultureInfo.InvariantCulture, $"worker-{i + 1}=http://127.0.0.1:{port}")));
        Console.WriteLine($"The workers elect among themselves and keep their logs in {folder}");
        var key = builder.AddParameter("cluster-key", RandomNumberGenerator.GetHexString(32), secret: true);
        return new QuorumPeers(list, folder, key);
    }

    public void Tell(IResourceBuilder<ProjectResource> project) => project
        .WithEnvironment("PEERS", List)
        .WithEnvironment("DATA_DIR", Folder)
        .WithEnvironment("ELECTION_CLUSTER_KEY", Key);
}
