using System.Net.Http.Headers;
using System.Text.Json;

namespace AspireElection.Stores.Etcd;

/// <summary>One request to one member: HTTP, JSON, and the token of the session.</summary>
internal sealed class EtcdGateway(EtcdOptions options, TimeProvider clock) : IDisposable
{
    private readonly HttpClient _client = EtcdHandler.CreateClient(options);
    private readonly EtcdSession _session = new(options);

    public EtcdTime Time { get; } = new(clock);

    public void Dispose()
    {
        _client.Dispose();
        _session.Dispose();
    }

    /// <summary>A watch is refused for an old token with an answer that is no refusal.</summary>
    public void ForgetToken() => _session.Forget();

    public async Task<Answer> AskAsync(Uri member, string method, string body, CancellationToken cancellationToken)
    {
        var sentAt = clock.GetTimestamp();
        using var response = await SendAsync(member, method, body, cancellationToken);
        using var json = await ReadAsync(method, response.Content, cancellationToken);
        Time.Hear(response.Headers.Date);
        var answer = json.RootElement;
        if (answer.TryGetProperty("error", out var error))
            throw Refusal(response, error, answer);
        return new Answer((answer.TryGetProperty("result", out var result) ? result : answer).Clone(), sentAt);
    }

    /// <summary>
    /// A keep-alive is a stream of answers, of which one is asked for: the end of the stream comes half a millisecond after it, and the
    /// client reads that by itself.
    /// </summary>
    private static async Task<JsonDocument> ReadAsync(string method, HttpContent content, CancellationToken cancellationToken)
    {
        if (method != EtcdLease.KeepAlive)
            return JsonDocument.Parse(await content.ReadAsByteArrayAsync(cancellationToken));
        using var lines = new StreamReader(await content.ReadAsStreamAsync(cancellationToken));
        return JsonDocument.Parse(await lines.ReadLineAsync(cancellationToken) ?? string.Empty);
    }

    /// <summary>Returns with the head of an answer that is no refusal.</summary>
    public async Task<HttpResponseMessage> SendAsync(Uri member, string method, string body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var token = await _session.TokenAsync(Authenticate, cancellationToken);
            try
            {
                return await SendAsync(member, method, body, token, cancellationToken);
            }
            catch (EtcdRefusedException refused) when (attempt == 1 && token is not null && refused.WantsNewToken)
            {
                _session.Forget(token);
            }
        }

        Task<HttpResponseMessage> Authenticate(string credentials) => SendAsync(member, "auth/authenticate", credentials, null, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(
        Uri member, string method, string body, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(member, "/v3/" + method));
        request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        // Refused at once by a member that is cut off from the others, instead of hanging there.
        request.Headers.TryAddWithoutValidation("Grpc-Metadata-hasleader", "true");
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", token);
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw Refusal(response, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static EtcdRefusedException Refusal(HttpResponseMessage response, string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement is { ValueKind: JsonValueKind.Object } answer && answer.TryGetProperty("error", out var error))
                return Refusal(response, error, answer);
        }
        catch (JsonException)
        {
            // Not etcd's words; what it says at the beginning may still tell why.
        }

        return new EtcdRefusedException(response.StatusCode, 0, body.Length > 200 ? body[..200] : body);
    }

    /// <summary>A plain refusal is a text beside its code; one in a stream has both inside.</summary>
    private static EtcdRefusedException Refusal(HttpResponseMessage response, JsonElement error, JsonElement answer) =>
        error.ValueKind == JsonValueKind.Object
            ? new EtcdRefusedException(
                response.StatusCode, (int)KeyValue.Whole(error, "grpc_code"), error.TryGetProperty("message", out var words) ? $"{words}" : string.Empty)
            : new EtcdRefusedException(response.StatusCode, (int)KeyValue.Whole(answer, "code"), $"{error}");
}
