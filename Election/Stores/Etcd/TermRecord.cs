using System.Text.Json;
using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>The last term of an election, kept without a lease: it outlives its holder's key.</summary>
/// <param name="Token">Its fencing token.</param>
/// <param name="Holder">Whose it is.</param>
/// <param name="Address">The holder's URL, or null.</param>
/// <param name="Since">When it began, by the server's time.</param>
/// <param name="Key">The holder's key in the line.</param>
/// <param name="Created">The revision in which that key was created.</param>
/// <param name="Lease">Which lease holds that key.</param>
/// <param name="Seconds">For how long a silent holder keeps it.</param>
/// <param name="First">The first token since the data began; an older one is of a life of the store that was lost.</param>
/// <param name="Released">Whether it was given back.</param>
internal sealed record TermRecord(
    long Token,
    CandidateId Holder,
    string? Address,
    DateTimeOffset Since,
    string Key,
    long Created,
    long Lease,
    long Seconds,
    long First,
    bool Released)
{
    /// <summary>Null where there is none, or something else.</summary>
    public static TermRecord? Parse(string text)
    {
        if (text.Length == 0)
            return null;
        try
        {
            using var json = JsonDocument.Parse(text);
            var term = json.RootElement;
            return new TermRecord(
                KeyValue.Whole(term, "token"),
                new CandidateId(term.GetProperty("node").GetString()!, term.GetProperty("incarnation").GetString()!),
                term.GetProperty("address").GetString(),
                DateTimeOffset.FromUnixTimeMilliseconds(KeyValue.Whole(term, "since")),
                term.GetProperty("key").GetString()!,
                KeyValue.Whole(term, "created"),
                KeyValue.Whole(term, "lease"),
                KeyValue.Whole(term, "seconds"),
                KeyValue.Whole(term, "first"),
                term.GetProperty("released").GetBoolean());
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            // Somebody else's value under this key says nothing of a term.
            return null;
        }
    }

    /// <summary>The same text for the same term: the server compares it.</summary>
    public override string ToString() => new JsonObject
    {
        ["token"] = Token,
        ["node"] = Holder.NodeId,
        ["incarnation"] = Holder.Incarnation,
        ["address"] = Address,
        ["since"] = Since.ToUnixTimeMilliseconds(),
        ["key"] = Key,
        ["created"] = Created,
        ["lease"] = Lease,
        ["seconds"] = Seconds,
        ["first"] = First,
        ["released"] = Released,
    }.ToJsonString();
}
