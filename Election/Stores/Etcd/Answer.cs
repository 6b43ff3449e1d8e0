using System.Text.Json;

namespace AspireElection.Stores.Etcd;

/// <summary>An answer of the server.</summary>
/// <param name="Json">Its content.</param>
/// <param name="SentAt">When the request that was answered was sent, as a timestamp.</param>
/// <param name="Member">Who answered: which of the endpoints.</param>
internal readonly record struct Answer(JsonElement Json, long SentAt, int Member = 0)
{
    /// <summary>Of the whole store, at the moment of the answer.</summary>
    public long Revision => Json.TryGetProperty("header", out var header) ? KeyValue.Whole(header, "revision") : 0;

    /// <summary>
    /// Whether a lease that this answer says was kept lasts for its whole duration from the earlier of both requests on,
    /// although they were on their way side by side. Both bear the term of etcd's own leader up to which their member had
    /// applied its log: the keep-alive's before it went to that leader, the other's after it was done. What was written was in
    /// the log before any later leader was elected, what was read was confirmed by a majority that had no later leader yet; and
    /// such a one gives each lease its whole duration again. So only a keep-alive from before that term proves nothing.
    /// </summary>
    /// <param name="done">The answer to a step that writes, or that reads through the majority.</param>
    public bool WasKeptBeside(Answer done) =>
        KeyValue.Whole(Json, "TTL") > 0 && done.Term > 0 && Term >= done.Term && Member == done.Member && MemberId == done.MemberId;

    /// <summary>Of a <see cref="Txn"/>: whether all comparisons held.</summary>
    public bool Succeeded => Json.TryGetProperty("succeeded", out var succeeded) && succeeded.GetBoolean();

    private long Term => Json.TryGetProperty("header", out var header) ? KeyValue.Whole(header, "raft_term") : 0;

    /// <summary>An endpoint may be a balancer before several.</summary>
    private string? MemberId => Json.TryGetProperty("header", out var header) && header.TryGetProperty("member_id", out var id) ? $"{id}" : null;

    /// <summary>Of a read.</summary>
    public List<KeyValue> Keys => KeyValue.ParseAll(Json);

    /// <summary>Of the n-th operation of a <see cref="Txn"/>, which was a read.</summary>
    public List<KeyValue> KeysOf(int operation) =>
        Json.TryGetProperty("responses", out var all) && all[operation].TryGetProperty("response_range", out var range)
            ? KeyValue.ParseAll(range)
            : [];
}
