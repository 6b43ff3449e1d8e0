using System.Net;
using System.Text.Json;

namespace AspireElection.Dashboard.Nodes;

/// <summary>
/// What the dashboard asks a worker, at the address that the store names. Whoever may write into the store writes
/// addresses, so one is believed only where it is this machine's own (see <see cref="Place"/>), no redirect and no proxy
/// leads elsewhere, and time and size of an answer are bounded.
/// </summary>
internal sealed class NodeLine : IDisposable
{
    private const int LongestAnswer = 256 * 1024;

    /// <summary>For what is asked again and again; the next answer is as good.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>For a drill, which somebody waits for.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = Long,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
        MaxConnectionsPerServer = 4,
        MaxResponseHeadersLength = 16,
        // No trace of each question: they would bury those of the elections.
        ActivityHeadersPropagator = null,
    })
    {
        MaxResponseContentBufferSize = LongestAnswer,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>
    /// Where a node may be asked; null where it is not to be. Only loopback: workers and dashboard of one topology are on one
    /// machine, and neither the drills' token, which goes in the clear, nor a request of somebody else's making leaves it.
    /// </summary>
    public static Uri? Place(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && uri is { Scheme: "http" or "https", UserInfo: "", PathAndQuery: "/", Fragment: "" }
        && (uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(uri.Host, out var ip) && IPAddress.IsLoopback(ip)))
            ? uri
            : null;

    /// <summary>What the worker there tells of its elections.</summary>
    /// <exception cref="HttpRequestException">It was not reached, or its answer was refused or too long.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    /// <exception cref="JsonException">Its answer is none of a worker.</exception>
    public async Task<IReadOnlyList<NodeAnswer>> AskAsync(Uri place, TimeSpan bound, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(bound);
        using var response = await _http.GetAsync(new Uri(place, "election"), limit.Token);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new HttpRequestException($"answered {(int)response.StatusCode}", null, response.StatusCode);
        return NodeAnswer.Read(await response.Content.ReadAsByteArrayAsync(limit.Token));
    }

    /// <summary>Posts with the drills' token; the answer's status alone, for its text could be anybody's.</summary>
    /// <exception cref="HttpRequestException">No answer came.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async Task<HttpStatusCode> PostAsync(Uri place, string path, string token, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Long);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(place, path));
        request.Headers.Authorization = new("Bearer", token);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        return response.StatusCode;
    }

    public void Dispose() => _http.Dispose();
}
