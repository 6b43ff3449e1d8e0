using System.Text.Json;
using System.Text.Json.Serialization;

namespace AspireElection.Stores.Files;

/// <summary>What the file of a term says. Only the candidate that created the file ever writes it.</summary>
/// <param name="Version">Grows with each rewriting, so that no two are the same to whoever compares them.</param>
/// <param name="Token">The fencing token.</param>
/// <param name="Node">Who holds it.</param>
/// <param name="Incarnation">Which life of it.</param>
/// <param name="Address">Its URL, or null.</param>
/// <param name="Lease">How long each observer gives it from its first sight of this version.</param>
/// <param name="Since">When it was granted, for people.</param>
/// <param name="Released">It was given back.</param>
/// <param name="Successor">The place in line that may take the seat first; null when nobody waited.</param>
internal sealed record TermRecord(
    long Version,
    long Token,
    string Node,
    string Incarnation,
    string? Address,
    TimeSpan Lease,
    DateTimeOffset Since,
    bool Released = false,
    string? Successor = null)
{
    public Leader Leader => new(Node, Incarnation, Address, Token, Since);

    public bool IsOf(CandidateId id) => Node == id.NodeId && Incarnation == id.Incarnation;

    public bool IsHeldUnder(Term term) => !Released && Token == term.Token && IsOf(term.Candidate);

    /// <summary>Null for what a creator left that died, or is stopped, before it had written.</summary>
    public static TermRecord? Parse(string text)
    {
        try
        {
            var record = JsonSerializer.Deserialize(text, FileJson.Default.TermRecord);
            return record?.Lease > TimeSpan.Zero ? record : null;
        }
        catch (JsonException)
        {
            // Empty or half written: nobody holds the seat by it, and whoever looks at it gives it a lease of its own.
            return null;
        }
    }

    public string ToText() => JsonSerializer.Serialize(this, FileJson.Default.TermRecord);
}

/// <summary>The shapes of the files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TermRecord))]
[JsonSerializable(typeof(Member))]
[JsonSerializable(typeof(LedgerDocument))]
internal sealed partial class FileJson : JsonSerializerContext;
