using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A server that is not the one a client expects: it does one thing with each connection and closes it.</summary>
public sealed class LoopbackListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<NetworkStream, Task> _serve;
    private readonly Task _accepting;

    // Nothing else holds on to a connection that is served for ever: collected, it would be reset.
    private readonly ConcurrentDictionary<Task, TcpClient> _served = new();

    /// <param name="serve">Called when the client has sent something.</param>
    public LoopbackListener(Func<NetworkStream, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Speaks TLS only.</summary>
    public LoopbackListener(X509Certificate2 certificate)
        : this(async stream =>
        {
            await using var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(certificate);
        })
    {
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Signed by nobody whom a client trusts.</summary>
    public static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var client in _served.Values)
            client.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync();
                _served[ServeAsync(client)] = client;
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return; // the end of the test
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await client.Client.ReceiveAsync(Memory<byte>.Empty);
                await _serve(client.GetStream());
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException or AuthenticationException)
        {
            // The client went, or does not speak TLS.
        }
    }
}
