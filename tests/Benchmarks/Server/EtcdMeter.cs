using System.Globalization;
using System.Text.RegularExpressions;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Server;

/// <summary>
/// <c>/metrics</c>. A call is counted when it begins: a watch, which goes on, has not been handled yet. One of the JSON
/// gateway is a call of the server like any other.
/// </summary>
internal sealed class EtcdMeter(EtcdServer server) : IMeter
{
    private readonly HttpClient _client = new();

    public async Task<Reading> ReadAsync(CancellationToken stop)
    {
        var metrics = await _client.GetStringAsync(new Uri($"{server.ConnectionString}/metrics"), stop);
        return new Reading(
            Sum(metrics, "grpc_server_started_total"),
            Sum(metrics, "etcd_network_client_grpc_received_bytes_total") + Sum(metrics, "etcd_network_client_grpc_sent_bytes_total"));
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static double Sum(string metrics, string name) => Regex
        .Matches(metrics, $@"^{name}(?:\{{[^}}]*\}})? (\S+)", RegexOptions.Multiline)
        .Sum(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
}
