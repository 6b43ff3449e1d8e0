using AspireElection.AppHost.Servers;

namespace AspireElection.Topology.Tests;

/// <summary>The servers of this machine, where it has them: with a container engine the tests would wait for downloads of images.</summary>
internal static class MachineServers
{
    /// <summary>These flags of the AppHost, with <c>--servers local</c> where they do not say which servers and the machine has all.</summary>
    public static string[] Prefer(string[] args)
    {
        string[] programs = args.Contains("etcd") ? ["redis-server", "postgres", "etcd"] : ["redis-server", "postgres"];
        return args.Any(a => a.StartsWith("--servers", StringComparison.Ordinal)) || programs.Any(p => ServerExecutable.Find(p) is null)
            ? args
            : [.. args, "--servers", "local"];
    }
}
