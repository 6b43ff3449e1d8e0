using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Asks a server itself why the client cannot use it: the client only says that it has no connection. At most one
/// question at a time and one in five seconds, beside the failing call, which is not held up; the next call knows more.
/// </summary>
internal sealed class ServerLook
{
    /// <summary>One for all stores over one client: thousands of elections that fail must not ask a full server thousands of times.</summary>
    private static readonly ConditionalWeakTable<IConnectionMultiplexer, ServerLook> s_shared = [];

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    private readonly IConnectionMultiplexer _connection;
    private readonly TimeProvider _clock;
    private volatile string? _found;
    private long _nextAt = long.MinValue;

    private ServerLook(IConnectionMultiplexer connection, TimeProvider clock) => (_connection, _clock) = (connection, clock);

    public static ServerLook Of(IConnectionMultiplexer connection, TimeProvider clock) =>
        s_shared.GetValue(connection, c => new ServerLook(c, clock));

    /// <summary>What the last look found, as the end of a line; null when it found nothing that explains.</summary>
    public string? Found()
    {
        var next = Interlocked.Read(ref _nextAt);
        var now = _clock.GetTimestamp();
        if (now >= next && Interlocked.CompareExchange(ref _nextAt, _clock.Add(now, s_period), next) == next)
            _ = LookAsync();
        return _found;
    }

    private async Task LookAsync()
    {
        try
        {
            var settings = ConfigurationOptions.Parse(_connection.Configuration);
            if (settings.EndPoints.Count > 0)
            {
                var server = settings.EndPoints[0];
                var answer = await AnswerAsync(server, "PING\r\n\r\n");
                _found = settings.Ssl && IsTls(answer) ? await HandshakeAsync(server, settings.SslHost)
                    : !settings.Ssl && answer?.StartsWith("-NOAUTH", StringComparison.Ordinal) == true ? await AuthenticateAsync(server, settings)
                    : Meaning(answer, settings.Ssl);
            }
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or ObjectDisposedException)
        {
            // Nobody there: that is what the client says as well.
            _found = null;
        }
    }

    /// <summary>
    /// Whether the password is right: a client that is about to connect again may well have the right one. Nothing is
    /// said where there is a user besides, which one version of the client does not know.
    /// </summary>
    private async Task<string?> AuthenticateAsync(EndPoint server, ConfigurationOptions settings)
    {
        if (settings.Password is not { Length: > 0 } password)
            return RedisTrouble.NoPassword;
        if (_connection.Configuration.Contains("user=", StringComparison.OrdinalIgnoreCase))
            return null;
        var answer = await AnswerAsync(server, $"*2\r\n$4\r\nAUTH\r\n${Encoding.UTF8.GetByteCount(password)}\r\n{password}\r\n");
        return answer is ['-', ..] ? RedisTrouble.WrongPassword : null;
    }

    /// <summary>What a server answers without TLS: null when nothing in time, nothing when it closes.</summary>
    private async Task<string?> AnswerAsync(EndPoint server, string request)
    {
        using var limit = new CancellationTokenSource(s_bound, _clock);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        // Not asked of the socket: one that was reset says that it never was.
        var connected = false;
        try
        {
            await socket.ConnectAsync(server, limit.Token);
            connected = true;
            await socket.SendAsync(Encoding.UTF8.GetBytes(request), limit.Token);
            var buffer = new byte[256];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (SocketException) when (connected)
        {
            return string.Empty;
        }
    }

    /// <summary>Null when a certificate is shown that this host trusts.</summary>
    private async Task<string?> HandshakeAsync(EndPoint server, string? name)
    {
        using var limit = new CancellationTokenSource(s_bound, _clock);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server, limit.Token);
            await using var secure = new SslStream(new NetworkStream(socket));
            var host = name ?? (server as DnsEndPoint)?.Host ?? (server as IPEndPoint)?.Address.ToString() ?? string.Empty;
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, limit.Token);
            return null;
        }
        catch (AuthenticationException)
        {
            return RedisTrouble.Untrusted;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return "broke off the TLS handshake; look at its log";
        }
    }

    private static bool IsTls(string? answer) => answer is "" or ['\x15', ..];

    private static string? Meaning(string? answer, bool tls) => answer switch
    {
        null => "takes connections and does not answer; look whether it is stopped, or no Redis",
        _ when answer.Contains("max number of clients", StringComparison.Ordinal) =>
            "has as many clients as it allows (maxclients); raise that, or end some",
        _ when answer.StartsWith("-DENIED", StringComparison.Ordinal) =>
            "refuses clients of other hosts (protected mode); give it a password, or bind it to the network on purpose",
        ['+' or '-', ..] when tls => "speaks no TLS; take ssl=true out of the connection string",
        ['+' or '-', ..] => null,
        _ when IsTls(answer) => "closes connections without a word; add ssl=true to the connection string if it wants TLS",
        _ when answer.StartsWith("HTTP/", StringComparison.Ordinal) => "is a web server and no Redis; correct its address",
        _ => "is no Redis; correct its address",
    };
}
