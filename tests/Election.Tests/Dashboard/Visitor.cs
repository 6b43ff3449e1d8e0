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
        var page = await PageAsync();
        using var answer = await SendAsync(Fields(page, drill, node, token), host);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>What a browser would send of the page's form.</summary>
    public static Dictionary<string, string> Fields(string page, string drill, string node = "leader", string? token = null) => new()
    {
        ["__RequestVerificationToken"] = token ?? Value(page, "__RequestVerificationToken"),
        ["number"] = Value(page, "number") is { Length: > 0 } number ? number : new string('0', 32),
        ["range"] = Value(page, "range"),
        ["election"] = "leader-election-demo",
        ["drill"] = drill,
        ["node"] = node,
        ["for"] = "5",
    };

    public async Task<HttpResponseMessage> SendAsync(Dictionary<string, string> fields, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/drills") { Content = new FormUrlEncodedContent(fields) };
        if (host is not null)
            request.Headers.Host = host;
        return await Http.SendAsync(request);
    }

    public void Dispose() => _http?.Dispose();

    /// <summary>Of the form of the drills, which alone is sent by POST; empty where there is none.</summary>
    private static string Value(string page, string name) => PostForm().Match(page) is { Success: true } form
        && Regex.Match(form.Value, $"name=\"{name}\" value=\"([^\"]*)\"") is { Success: true } field ? field.Groups[1].Value : "";

    [GeneratedRegex("(?s)<form method=\"post\".*?</form>")]
    private static partial Regex PostForm();
}
