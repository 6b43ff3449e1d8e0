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

    /// <summary>Of a <see cref="Txn"/>: whether all comparisons held.</summary>
    public bool Succeeded => Json.TryGetProperty("succeeded", out var succeeded) && succeeded.GetBoolean();

    /// <summary>Of a read.</summary>
    public List<KeyValue> Keys => KeyValue.ParseAll(Json);

    /// <summary>Of the n-th operation of a <see cref="Txn"/>, which was a read.</summary>
    public List<KeyValue> KeysOf(int operation) =>
        Json.TryGetProperty("responses", out var all) && all[operation].TryGetProperty("response_range", out var range)
            ? KeyValue.ParseAll(range)
            : [];
}
