using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace AspireElection.Stores.Etcd;

/// <summary>Says in one line what is wrong with a server. Never the password, nor any other part of the settings.</summary>
internal static class EtcdTrouble
{
    private const string NoHandshake = "broke off the TLS handshake; write http:// if it speaks no TLS, or look at its log";

    private static readonly (string Words, string Meaning)[] s_refusals =
    [
        ("authentication failed", "refused the user or the password; correct them in the connection string"),
        ("user name is empty", "wants a user and a password; set them in the connection string"),
        ("user name not found", "wants a user and a password; set them in the connection string"),
        ("authentication is not enabled", "knows no users; take user and password out of the connection string, or enable its authentication"),
        ("permission denied", "refused this user a key (permission denied); grant its role readwrite on the prefixes 'election:' and '<election name>/'"),
        ("database space exceeded", "is out of space (NOSPACE); compact and defragment it, then disarm the alarm"),
        ("request is too large", "refused a request as too large; keep fewer entries in a log, or raise its --max-request-bytes"),
        ("too many requests", "has too many requests to bear; look at its load"),
        ("no leader", "has no leader; start more of its members, or look at their lines to each other"),
        ("lease not found", "has ended the lease of this candidate, which was silent for too long or was revoked; it stands again"),
    ];

    public static bool Explains(Exception exception) =>
        exception is HttpRequestException or EtcdRefusedException or IOException or JsonException or TimeoutException or ObjectDisposedException
            or FormatException or SocketException;

    public static StoreUnavailableException Of(EtcdOptions options, Exception exception, TimeSpan bound) =>
        new($"etcd {options} {Found(exception, bound)}", exception);

    public static StoreUnavailableException OfWatch(EtcdOptions options, string? found) =>
        new($"etcd {options} ended a watch{(found is null ? string.Empty : $" ({found})")}; it is asked again");

    public static StoreUnavailableException OfLease(EtcdOptions options, long granted, TimeSpan wanted) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"etcd {options} grants no lease below {granted} s, and the lease duration is {wanted.TotalSeconds:0.###} s; raise that to at least {granted} s, or lower its --election-timeout"))
    {
        LeaseIsTooShort = true,
    };

    public static StoreUnavailableException OfLostLease(EtcdOptions options) =>
        new($"etcd {options} ended the lease of a waiting candidate, which was silent for too long or was revoked; it stands again");

    private static string Found(Exception exception, TimeSpan bound)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException handshake)
                return Handshake(handshake);
            if (inner is SocketException { SocketErrorCode: var error } && exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError })
                return $"is not reachable ({error}); start it, or correct its address";
        }

        return exception switch
        {
            EtcdRefusedException refused => Refused(refused),
            TimeoutException => string.Create(
                CultureInfo.InvariantCulture, $"did not answer within {bound.TotalMilliseconds:0} ms; look whether it is overloaded, stopped or cut off"),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "is not known by its name; correct its address",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => NoHandshake,
            HttpRequestException or IOException or SocketException => "broke the line; write https:// if it wants TLS, give it a client certificate if it wants one, or look whether it is stopped",
            JsonException or FormatException => "answers what is no etcd's; correct its address",
            ObjectDisposedException => "cannot be asked any more, because its store was disposed; stop the election before its store",
            _ => $"cannot be asked ({exception.GetType().Name}); look at the inner exception",
        };
    }

    private static string Handshake(AuthenticationException handshake) =>
        handshake.Message.Contains("frame", StringComparison.OrdinalIgnoreCase) ? NoHandshake
        : handshake.InnerException is not null ? "broke off the TLS handshake; give it a client certificate (CertificateFile, KeyFile) if it wants one"
        : "shows a TLS certificate that is not trusted; correct its name, or name who signed it (CaFile)";

    private static string Refused(EtcdRefusedException refused)
    {
        var meaning = Array.Find(s_refusals, r => refused.Says(r.Words)).Meaning;
        if (meaning is not null)
            return meaning;
        if (refused is { Code: 0, Status: HttpStatusCode.NotFound })
            return "has no JSON gateway (404 for /v3); start it with --enable-grpc-gateway=true, in version 3.4 or later";
        return refused.Code == 0
            ? $"answers HTTP {(int)refused.Status} and nothing that is etcd's; correct its address"
            : $"refused a request (gRPC code {refused.Code}); look at its version (3.4 or later) and its log";
    }
}
