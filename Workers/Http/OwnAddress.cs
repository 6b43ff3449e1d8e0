using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace AspireElection.Workers.Http;

/// <summary>Where this very node answers: known once it listens, and never the address of a proxy before it.</summary>
internal sealed class OwnAddress(IServer server)
{
    private string? _url;

    /// <summary>An absolute URL; null while the node does not listen.</summary>
    public string? Url => _url ??= server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } bound ? Reachable(bound) : null;

    /// <summary>An address that binds to everything is none to which others could go: they take the host's name.</summary>
    private static string Reachable(string bound)
    {
        var address = BindingAddress.Parse(bound);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? Dns.GetHostName() : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}";
    }
}
