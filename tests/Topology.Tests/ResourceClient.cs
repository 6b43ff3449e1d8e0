using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Aspire.Hosting.Offline.Wire;
using Google.Protobuf;
using Resource = Aspire.Hosting.Offline.Wire.Resource;

namespace AspireElection.Topology.Tests;

/// <summary>Calls the AppHost's resource service as the dashboard does: gRPC by hand, on plain HTTP/2.</summary>
internal sealed class ResourceClient : IDisposable
{
    public const string KeyVariable = "DASHBOARD__RESOURCESERVICECLIENT__APIKEY";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly HttpClient http;

    /// <summary>The dashboard's process alone is told the address and the key.</summary>
    public ResourceClient(AppHostProcess host)
    {
        Key = LinuxProcess.VariableOf(host.Processes, KeyVariable);
        http = new HttpClient
        {
            BaseAddress = new Uri(LinuxProcess.VariableOf(host.Processes, "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL")),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public string Key { get; }

    public void Dispose() => http.Dispose();

    /// <summary>The status of a call that is answered at once and without a message.</summary>
    public async Task<string> StatusAsync(string method, string? key)
    {
        using var limit = new CancellationTokenSource(s_limit);
        using var response = await SendAsync(method, null, key, limit.Token);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(limit.Token));
        return StatusOf(response);
    }

    /// <summary>Each resource as it is told last, once all of them are as wanted.</summary>
    public async Task<IReadOnlyDictionary<string, Resource>> ResourcesAsync(string what, Func<IReadOnlyDictionary<string, Resource>, bool> wanted)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var resources = new Dictionary<string, Resource>();
        try
        {
            await foreach (var update in CallAsync("WatchResources", null, WatchResourcesUpdate.Parser, limit.Token))
            {
                IEnumerable<Resource> told = update.InitialData?.Resources ?? update.Changes.Value.Select(c => c.Upsert);
                foreach (var resource in told) resources[resource.Name] = resource;
                if (wanted(resources)) return resources;
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Said below, with what there was instead.
        }

        throw new TimeoutException($"{what}: not told; last: {string.Join(", ", resources.Values.Select(r => $"{r.Name} {r.State}"))}");
    }

    public async Task<IReadOnlyList<ConsoleLogLine>> ConsoleAsync(string resource, bool follow, Func<ConsoleLogLine, bool> last)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var request = new WatchResourceConsoleLogsRequest { ResourceName = resource, SuppressFollow = !follow };
        var lines = new List<ConsoleLogLine>();
        await foreach (var update in CallAsync("WatchResourceConsoleLogs", request, WatchResourceConsoleLogsUpdate.Parser, limit.Token))
        {
            lines.AddRange(update.LogLines);
            if (update.LogLines.Any(last)) break;
        }

        return lines;
    }

    public async Task<ResourceCommandResponse> ExecuteAsync(string resource, string command)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var request = new ResourceCommandRequest { ResourceName = resource, CommandName = command };
        await foreach (var answer in CallAsync("ExecuteResourceCommand", request, ResourceCommandResponse.Parser, limit.Token)) return answer;
        throw new InvalidOperationException($"{command} of {resource} was not answered");
    }

    public async IAsyncEnumerable<T> CallAsync<T>(
        string method, IMessage? request, MessageParser<T> parser, [EnumeratorCancellation] CancellationToken cancellation)
        where T : IMessage<T>
    {
        using var response = await SendAsync(method, request, Key, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var prefix = new byte[5];
        while (await body.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellation) == prefix.Length)
        {
            Assert.Equal(0, prefix[0]);
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(1))];
            await body.ReadExactlyAsync(message, cancellation);
            yield return parser.ParseFrom(message);
        }

        Assert.Equal("0", StatusOf(response));
    }

    private async Task<HttpResponseMessage> SendAsync(string method, IMessage? request, string? key, CancellationToken cancellation)
    {
        var message = request?.ToByteArray() ?? [];
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        using var call = new HttpRequestMessage(HttpMethod.Post, $"aspire.v1.DashboardService/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        call.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (key is not null) call.Headers.Add("x-resource-service-api-key", key);
        return await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static string StatusOf(HttpResponseMessage response) =>
        (response.TrailingHeaders.TryGetValues("grpc-status", out var status)
            || response.Headers.TryGetValues("grpc-status", out status)) ? status.Single() : "none";
}
