using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>The token that stands for user and password; renewed when the server does not know it any more.</summary>
internal sealed class EtcdSession(EtcdOptions options) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private string? _token;

    /// <summary>Null where there is no user.</summary>
    public async ValueTask<string?> TokenAsync(Func<string, Task<HttpResponseMessage>> authenticate, CancellationToken cancellationToken)
    {
        if (options.Username is null)
            return null;
        if (Volatile.Read(ref _token) is { } known)
            return known;
        // One for all: each costs the server a slow hash, and after its restart every request wants one.
        await _one.WaitAsync(cancellationToken);
        try
        {
            return Volatile.Read(ref _token) ?? await AskAsync(authenticate, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Unless somebody has got a new one meanwhile.</summary>
    public void Forget(string token) => Interlocked.CompareExchange(ref _token, null, token);

    /// <summary>Whichever it is.</summary>
    public void Forget() => Volatile.Write(ref _token, null);

    public void Dispose() => _one.Dispose();

    private async Task<string?> AskAsync(Func<string, Task<HttpResponseMessage>> authenticate, CancellationToken cancellationToken)
    {
        var credentials = new JsonObject { ["name"] = options.Username, ["password"] = options.Password ?? string.Empty };
        using var response = await authenticate(credentials.ToJsonString());
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var token = answer.GetProperty("token").GetString();
        Volatile.Write(ref _token, token);
        return token;
    }
}
