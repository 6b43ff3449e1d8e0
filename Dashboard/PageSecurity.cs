namespace AspireElection.Dashboard;

/// <summary>What a browser may do with the page: show it with its own style and script, send its own forms to it, and nothing else.</summary>
internal static class PageSecurity
{
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>
    /// Names by which the page may be asked for. A page of somebody else that lets its own name point here (DNS
    /// rebinding) is refused.
    /// </summary>
    public const string Hosts = "localhost;127.0.0.1;[::1]";

    /// <summary>Whether the page may be asked for at this address.</summary>
    public static bool IsHost(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && Hosts.Split(';').Contains(uri.Host, StringComparer.OrdinalIgnoreCase);

    public static void UsePageSecurity(this WebApplication app) => app.Use((http, next) =>
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        return next(http);
    });
}
