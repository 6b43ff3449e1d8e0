using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>Leases of the server, which count whole seconds.</summary>
internal static class EtcdLease
{
    /// <summary>The method that keeps a lease.</summary>
    public const string KeepAlive = "lease/keepalive";

    private static readonly TimeSpan s_giveUp = TimeSpan.FromSeconds(1);

    public static long SecondsOf(TimeSpan lease) => (long)Math.Ceiling(lease.TotalSeconds);

    /// <summary>A new lease of the duration, rounded up to seconds; none where the server would give a longer one.</summary>
    public static async ValueTask<(long Id, long SentAt)> GrantAsync(this EtcdCalls calls, TimeSpan duration, CancellationToken cancellationToken)
    {
        var seconds = SecondsOf(duration);
        var answer = await calls.AskAsync(
            "lease/grant", new JsonObject { ["TTL"] = Txn.Text(seconds) }, EtcdCalls.BoundOf(duration), cancellationToken);
        var (id, granted) = (KeyValue.Whole(answer.Json, "ID"), KeyValue.Whole(answer.Json, "TTL"));
        if (granted <= seconds)
            return (id, answer.SentAt);
        await calls.RevokeAsync(id);
        throw calls.LeaseTooShort(granted, duration);
    }

    /// <summary>When the request was sent that kept the lease; null when there is no such lease any more.</summary>
    public static async ValueTask<long?> KeepAliveAsync(
        this EtcdCalls calls, long lease, TimeSpan bound, CancellationToken cancellationToken, int? only = null, TimeSpan? within = null)
    {
        var answer = await calls.AskAsync(KeepAlive, Of(lease), bound, cancellationToken, only: only, within: within);
        // For a lease that is gone the answer is a success without a TTL.
        return KeyValue.Whole(answer.Json, "TTL") > 0 ? answer.SentAt : null;
    }

    /// <summary>
    /// Keeps a lease beside another request, which alone decides: null when it could not, and what the answer proves is for
    /// <see cref="Answer.WasKeptBeside"/> to say.
    /// </summary>
    public static async Task<Answer?> TryKeepAliveAsync(this EtcdCalls calls, long lease, TimeSpan bound, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.AskAsync(KeepAlive, Of(lease), bound, cancellationToken);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or OperationCanceledException)
        {
            // The other request meets the same trouble, or goes on without it.
            return null;
        }
    }

    /// <summary>
    /// Whether a lease was kept, for its whole duration from the sending of an answered read on. A keep-alive alone
    /// proves nothing: a member that was etcd's leader and is stuck may answer it of itself, while the others have
    /// elected another and let the lease end. A read is answered only by who is in touch with the majority; the same
    /// member, asked next, is replaced after that read at the earliest, and a new leader gives each lease its whole
    /// duration again.
    /// </summary>
    public static async ValueTask<bool> KeepAliveAsync(
        this EtcdCalls calls, long lease, Answer after, TimeSpan bound, CancellationToken cancellationToken, TimeSpan? within = null) =>
        await calls.KeepAliveAsync(lease, bound, cancellationToken, after.Member, within) is not null;

    /// <summary>Whether there still is such a lease.</summary>
    public static async ValueTask<bool> LivesAsync(this EtcdCalls calls, long lease, TimeSpan bound, CancellationToken cancellationToken)
    {
        var answer = await calls.AskAsync("lease/timetolive", Of(lease), bound, cancellationToken);
        // In its last second it has 0, which is left out; one that is gone has −1.
        return KeyValue.Whole(answer.Json, "TTL") >= 0;
    }

    /// <summary>Ends a lease with all its keys; a server that is away ends it in its time.</summary>
    public static async ValueTask RevokeAsync(this EtcdCalls calls, long lease)
    {
        try
        {
            await calls.AskAsync("lease/revoke", Of(lease), s_giveUp, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // It is gone already, or ends by itself: nobody keeps it.
        }
    }

    private static JsonObject Of(long lease) => new() { ["ID"] = Txn.Text(lease) };
}
