namespace AspireElection.AppHost;

/// <summary>A proxy that the environment names is for what lies beyond this machine.</summary>
internal static class ProxyBypass
{
    private const string ThisMachine = "localhost,127.0.0.1,[::1]";

    private static readonly string[] s_proxies = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

    /// <summary>
    /// Says so to this process and, by inheritance, to all that it starts. .NET asks the proxy for addresses of loopback as well, unlike
    /// others: no health check would be answered, so that nobody gets the servers that he waits for, and all telemetry would be lost.
    /// </summary>
    public static void PassOn()
    {
        if (!Array.Exists(s_proxies, name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))) return;
        // Some look at one of the two names first, some at the other.
        var known = Environment.GetEnvironmentVariable("no_proxy") ?? Environment.GetEnvironmentVariable("NO_PROXY");
        var bypass = string.IsNullOrEmpty(known) ? ThisMachine : $"{known},{ThisMachine}";
        Environment.SetEnvironmentVariable("no_proxy", bypass);
        Environment.SetEnvironmentVariable("NO_PROXY", bypass);
    }
}
