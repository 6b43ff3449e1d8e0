using System.Net;

namespace AspireElection.Stores.Etcd;

/// <summary>An answer of the server that is no result.</summary>
internal sealed class EtcdRefusedException(HttpStatusCode status, int code, string reason) : Exception(reason)
{
    private const int DeadlineExceeded = 4;
    private const int Unavailable = 14;
    private const int Unauthenticated = 16;

    public HttpStatusCode Status => status;

    /// <summary>gRPC's number of what went wrong; 0 when the answer was not etcd's.</summary>
    public int Code => code;

    /// <summary>The member cannot at the moment; another one, or the same later, may.</summary>
    public bool IsTransient => code is Unavailable or DeadlineExceeded || (code == 0 && (int)status >= 500);

    /// <summary>Nothing was done: the member knows no leader to pass the request on to.</summary>
    public bool WasNotDone => Says("no leader");

    /// <summary>The token of the session is over, or users were changed since.</summary>
    public bool WantsNewToken => code == Unauthenticated || Says("invalid auth token") || Says("revision of auth store is old");

    public bool Says(string words) => Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
