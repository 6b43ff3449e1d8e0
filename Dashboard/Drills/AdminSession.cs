using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Dashboard.Drills;

/// <summary>
/// Who may run drills: a browser that once opened the admin link. Its cookie holds a secret of this process, not the
/// link's token, and opens nothing any more when the process has ended.
/// </summary>
internal sealed class AdminSession(DashboardSettings settings)
{
    private readonly string _secret = RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>Cookies belong to a host with all its ports: two dashboards of one machine would take each other's away.</summary>
    private readonly string _cookie = $"election-admin{settings.PortSuffix}";

    /// <summary>Whether both tokens were given, so that somebody could be let in.</summary>
    public bool IsOffered => settings.Admin.Missing.Count == 0;

    /// <summary>Whether the request comes from somebody who was let in.</summary>
    public bool Has(HttpContext http) => IsOffered && http.Request.Cookies[_cookie] is { } value && Same(value, _secret);

    /// <summary>Lets the browser in where the token is right.</summary>
    public bool TryOpen(HttpContext http, string? token)
    {
        if (!IsOffered || token is null || !Same(token, settings.Admin.Page!))
            return false;
        http.Response.Cookies.Append(_cookie, _secret, new CookieOptions
        {
            HttpOnly = true,
            // Not strict: after a link on another site (a chat, a wiki, an editor in the browser) the redirect to the page would
            // come without it, and the page be read-only until it is loaded again. What changes something is a POST, sent from the page itself alone.
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
        });
        return true;
    }

    /// <summary>Compares digests in constant time, so that neither content nor length can be found out by trying.</summary>
    private static bool Same(string one, string other) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));
}
