using System.Collections.Concurrent;
using System.Net;
using System.Text;
using AspireElection.AppHost.Servers;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A member that is in a test's hands: what it does not answer itself it passes on to the real one.</summary>
internal sealed class HttpProxy : IAsyncDisposable
{
    private static readonly HttpClient s_client = new();

    private readonly HttpListener _listener = new();
    private readonly string _target;
    private readonly Func<string, string, Task<string?>> _answer;
    private readonly Task _serving;

    /// <param name="target">Where the real one is.</param>
    /// <param name="answer">Given path and body: the answer, or null to pass the request on.</param>
    public HttpProxy(string target, Func<string, string, Task<string?>> answer)
    {
        (_target, _answer) = (target, answer);
        Address = $"http://127.0.0.1:{LoopbackPort.Free()}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address { get; }

    /// <summary>The paths that it was asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Asks the real one, now or later.</summary>
    public async Task<string> PassOnAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await s_client.PostAsync(new Uri(_target + path), content);
        return await answer.Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
            {
                return; // the end of the test
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            var path = context.Request.Url!.AbsolutePath;
            Asked.Enqueue(path);
            using var reader = new StreamReader(context.Request.InputStream);
            var body = await reader.ReadToEndAsync();
            var text = await _answer(path, body) ?? await PassOnAsync(path, body);
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
            context.Response.Close();
        }
        catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException or HttpRequestException or IOException)
        {
            // The client went, or the test is over.
        }
    }
}
