using System.Net;
using System.Text.RegularExpressions;

namespace AspireElection.Dashboard;

/// <summary>Somebody with a browser: keeps cookies, and shows each answer before following a redirect.</summary>
internal sealed partial class Visitor(DashboardInProcess dashboard) : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private HttpClient? _http;

    public HttpClient Http => _http ??= new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = _cookies })
    {
        BaseAddress = dashboard.Http.BaseAddress,
        Timeout = TimeSpan.FromSeconds(20),
    };

    public CookieCollection Cookies => _cookies.GetAllCookies();

    public void Keep(Cookie cookie) => _cookies.Add(cookie);

    public async Task<HttpStatusCode> OpenAsync(string token)
    {
        using var answer = await Http.GetAsync($"/admin?token={Uri.EscapeDataString(token)}");
        return answer.StatusCode;
    }

    public Task<string> PageAsync() => Http.GetStringAsync("/");

    /// <summary>Fills the form of the page and sends it.</summary>
    public async Task<(HttpStatusCode Status, string Text)> SendAsync(string drill, string node = "leader", string? host = null, string? token = null)
    {
        token ??= Field().Match(await PageAsync()) is { Success: true } field ? field.Groups[1].Value : "";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/drills")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["__RequestVerificationToken"] = token,
                ["election"] = "leader-election-demo",
                ["drill"] = drill,
                ["node"] = node,
                ["for"] = "5",
            }),
        };
        if (host is not null)
            request.Headers.Host = host;
        using var answer = await Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public void Dispose() => _http?.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Field();
}
