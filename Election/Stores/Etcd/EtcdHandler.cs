using System.Net.Security;
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
                SslOptions = Tls(options),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ArgumentException(
                $"etcd {options}: its certificates cannot be read ({exception.GetType().Name}); look at CaFile, CertificateFile and KeyFile", nameof(options), exception);
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
