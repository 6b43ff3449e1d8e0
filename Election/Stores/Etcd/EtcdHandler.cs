using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AspireElection.Stores.Etcd;

/// <summary>Makes the HTTP client of a store.</summary>
internal static class EtcdHandler
{
    public static HttpClient CreateClient(EtcdOptions options) => new(Create(options)) { Timeout = Timeout.InfiniteTimeSpan };

    private static SocketsHttpHandler Create(EtcdOptions options)
    {
        try
        {
            return new SocketsHttpHandler
            {
                // A proxy of the environment is for the web; it would also hold back the events of a watch.
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                // The election has spans of its own; each keep-alive of a waiter would be a trace.
                ActivityHeadersPropagator = null,
                ConnectTimeout = EtcdCalls.LongestWait,
                ConnectCallback = ConnectAsync,
                SslOptions = Tls(options),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ArgumentException(
                $"etcd {options}: its certificates cannot be read ({exception.GetType().Name}); look at CaFile, CertificateFile and KeyFile", nameof(options), exception);
        }
    }

    /// <summary>A watch sends nothing, and one whose line was dropped silently would never end: the system asks the other end every few seconds.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Tls(EtcdOptions options)
    {
        var tls = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.None };
        if (options.CaFile is { } authority)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationTimeIgnored = true,
            };
            policy.CustomTrustStore.ImportFromPemFile(authority);
            tls.CertificateChainPolicy = policy;
        }

        if (options.CertificateFile is { } certificate)
        {
            using var own = X509Certificate2.CreateFromPemFile(certificate, options.KeyFile ?? certificate);
            // A key that lives in memory only is refused by the TLS of some systems.
            tls.ClientCertificates = [X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null)];
        }

        return tls;
    }
}
