using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.Offline;

/// <summary>The real Developer Control Plane: a process of its own, asked over HTTPS in the manner of Kubernetes.</summary>
internal sealed partial class ControlPlane : IDisposable
{
    private const string Group = "apis/usvc-dev.developer.microsoft.com/v1/";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// What dotnet run sets for the AppHost must not reach the resources: two of them would bind to one address, and
    /// the dashboard would wait for a resource service.
    /// </summary>
    private static readonly string[] s_onlyForAppHost =
    [
        "ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE",
        "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL",
    ];

    private readonly HttpClient http;
    private readonly X509Certificate2 authority;

    private ControlPlane(string kubeconfig)
    {
        authority = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(
            Convert.FromBase64String(Field(kubeconfig, "certificate-authority-data"))));
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => Trusts(certificate);
        http = new HttpClient(handler)
        {
            BaseAddress = new Uri(Field(kubeconfig, "server") + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Field(kubeconfig, "token"));
    }

    /// <summary>Starts dcp. It watches this process and cleans up by itself if this process is gone.</summary>
    public static async Task<ControlPlane> StartAsync(string dcp, CancellationToken cancellationToken)
    {
        var session = Directory.CreateTempSubdirectory("aspire-election-").FullName;
        var kubeconfig = Path.Combine(session, "kubeconfig");
        var start = new ProcessStartInfo(dcp)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "start-apiserver", "--monitor", $"{Environment.ProcessId}", "--detach", "--kubeconfig", kubeconfig,
            },
        };
        start.Environment["DCP_SESSION_FOLDER"] = session;

        // dcp and the dashboard keep state in the home folder; the resources get the user's own back.
        start.Environment["HOME"] = Bundle.PrivateHome;
        start.Environment["DCP_IP_VERSION_PREFERENCE"] = "v4";

        foreach (var name in s_onlyForAppHost) start.Environment.Remove(name);

        using (var process = Process.Start(start)!)
        {
            // The detached process inherits the pipes: waiting for their end would wait for dcp itself.
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
        }

        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Limit)
        {
            var text = File.Exists(kubeconfig) ? await File.ReadAllTextAsync(kubeconfig, cancellationToken) : "";
            if (text.Contains("token:", StringComparison.Ordinal)) return new ControlPlane(text);

            await Task.Delay(20, cancellationToken);
        }

        throw new DistributedApplicationException($"{dcp} did not start within {Limit.TotalSeconds:0} s.");
    }

    public async Task<JsonObject> CreateAsync(string kind, string name, JsonObject spec, JsonObject? annotations, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = "usvc-dev.developer.microsoft.com/v1",
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = annotations ?? [] },
            ["spec"] = spec,
        };
        using var response = await http.PostAsJsonAsync(Group + Plural(kind), body, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    public async Task<JsonObject> GetAsync(string kind, string name, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(Group + Plural(kind) + "/" + name, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    /// <summary>Deletes an object and waits until it is gone, which is after its process has ended.</summary>
    public async Task DeleteAsync(string kind, string name, CancellationToken cancellationToken)
    {
        var path = Group + Plural(kind) + "/" + name;
        using (var response = await http.DeleteAsync(path, cancellationToken))
        {
            if (response.StatusCode == HttpStatusCode.NotFound) return;
        }

        await UntilAsync($"'{name}' was not removed", async () =>
        {
            using var response = await http.GetAsync(path, cancellationToken);
            return response.StatusCode == HttpStatusCode.NotFound;
        });
    }

    public async Task PatchAsync(string path, JsonObject patch, CancellationToken cancellationToken)
    {
        // Not StringContent: dcp refuses the type with a character set behind it.
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(patch.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/merge-patch+json");
        using var response = await http.PatchAsync(path, content, cancellationToken);
        await ReadAsync(response, cancellationToken);
    }

    /// <summary>Stops a process and waits for its end; the control plane kills one that does not heed the signal for 6 s.</summary>
    public async Task StopExecutableAsync(string name, CancellationToken cancellationToken)
    {
        await PatchAsync(Group + "executables/" + name, new JsonObject { ["spec"] = new JsonObject { ["stop"] = true } }, cancellationToken);
        await UntilAsync($"'{name}' did not end", async () =>
            (string?)(await GetAsync("Executable", name, cancellationToken))["status"]?["state"] is not ("Running" or "Stopping"));
    }

    public async IAsyncEnumerable<JsonObject> WatchExecutablesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in LinesAsync(Group + "executables?watch=true", cancellationToken))
        {
            yield return JsonNode.Parse(line)!.AsObject();
        }
    }

    public IAsyncEnumerable<string> LogsAsync(string name, string source, CancellationToken cancellationToken) =>
        LinesAsync($"{Group}executables/{name}/log?source={source}&follow=true&timestamps=true", cancellationToken);

    /// <summary>Lets dcp stop every process and then itself, and where it is wanted waits for the end of the processes.</summary>
    public async Task EndAsync(bool afterProcesses)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(9));
        const string execution = "admin/execution";
        try
        {
            if (afterProcesses)
            {
                await PatchAsync(execution, new JsonObject { ["status"] = "CleaningResources" }, limit.Token);
                while (await StatusAsync(execution, limit.Token) is not ("CleanupComplete" or "Stopping"))
                {
                    await Task.Delay(50, limit.Token);
                }
            }

            await PatchAsync(execution, new JsonObject { ["status"] = "Stopping", ["shutdownResourceCleanup"] = "Full" }, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // No answer any more: dcp has ended, or it will once it misses this process. It removes its session folder itself.
        }
    }

    public void Dispose()
    {
        http.Dispose();
        authority.Dispose();
    }

    private static async Task UntilAsync(string otherwise, Func<Task<bool>> isDone)
    {
        for (var watch = Stopwatch.StartNew(); !await isDone(); await Task.Delay(50))
        {
            if (watch.Elapsed > Limit) throw new InvalidOperationException($"{otherwise} within {Limit.TotalSeconds:0} s.");
        }
    }

    private async Task<string?> StatusAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(path, cancellationToken);
        return (string?)(await ReadAsync(response, cancellationToken))["status"];
    }

    private async IAsyncEnumerable<string> LinesAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line) yield return line;
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)?.AsObject() ?? []
            : throw new InvalidOperationException($"dcp answered {(int)response.StatusCode}: {text}");
    }

    private bool Trusts(X509Certificate? certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return certificate is X509Certificate2 presented && chain.Build(presented);
    }

#pragma warning disable CA1308 // The paths of the API are in lower case.
    private static string Plural(string kind) => kind.ToLowerInvariant() + "s";
#pragma warning restore CA1308

    private static string Field(string kubeconfig, string name) =>
        KubeconfigField().Matches(kubeconfig).First(m => m.Groups[1].Value == name).Groups[2].Value;

    [GeneratedRegex(@"^\s*([\w-]+):\s*(\S+)\s*$", RegexOptions.Multiline)]
    private static partial Regex KubeconfigField();
}
