using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AspireElection.ServiceDefaults.Settings;

/// <summary>Where HTTP is to listen.</summary>
internal static class ListenUrls
{
    private const string Default = "http://127.0.0.1:0";

    public static (string Urls, string Source) Read(GivenValues given, List<string> problems)
    {
        var port = given[SharedSettings.Port];
        var urls = given[SharedSettings.Urls];
        if (port is not null && (urls is null || port.Rank >= urls.Rank))
        {
            if (urls is { Rank: 2 } && port is { Rank: 2 })
                problems.Add($"{port.Source} is '{port.Text}' together with {urls.Source}; allowed: one of them");
            // Of two variables the one for the web wins: Aspire sets it, while PORT is inherited from whoever started it.
            if (urls is null || port.Rank > urls.Rank)
                return (FromPort(port, problems), port.Source);
        }

        if (urls is null)
            return (Default, SharedSettings.Urls.Flag!);
        var listen = urls.Text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Fit).ToList();
        if (listen.Count == 0 || listen.Contains(null))
            problems.Add($"{urls.Source} is '{urls.Text}'; allowed: http://ADDRESS:PORT, several separated by ';'");
        return (string.Join(';', listen), urls.Source);
    }

    /// <summary>
    /// Why a program could not listen, in one line; null where it ended for another reason. The web server makes an
    /// <see cref="IOException"/> of a port that is taken, and leaves what the system refuses otherwise as it is.
    /// </summary>
    public static string? Refused(string source, string urls, Exception exception) => exception is IOException or SocketException
        ? $"{source}: cannot listen on {urls}: {exception.GetBaseException().Message.ReplaceLineEndings(" ")}; choose another port, or 0 for a free one"
        : null;

    private static string FromPort(GivenValue port, List<string> problems)
    {
        if (!int.TryParse(port.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > IPEndPoint.MaxPort)
            problems.Add($"{port.Source} is '{port.Text}'; allowed: 0 to {IPEndPoint.MaxPort}, 0 for any free one");
        return $"http://127.0.0.1:{number}";
    }

    /// <summary>What the web server takes; it would bind to every address for a name that it does not know.</summary>
    private static string? Fit(string url)
    {
        // The wildcards of web servers are no host names.
        var wild = url.Contains("://*", StringComparison.Ordinal) || url.Contains("://+", StringComparison.Ordinal);
        var plain = url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" ||
            uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return null;
        }

        var local = uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
        if (!local && uri.HostNameType is not (UriHostNameType.IPv4 or UriHostNameType.IPv6))
            return null;
        // "localhost" is two addresses, and the system cannot choose one port for both.
        return wild ? url : local && uri.Port == 0 ? Default : uri.GetLeftPart(UriPartial.Authority);
    }
}
