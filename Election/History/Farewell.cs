using System.Text.Json;
using System.Text.Json.Serialization;

namespace AspireElection.History;

/// <summary>
/// What a leader that ends its term in an orderly way leaves for its successor: a sighting tells only that the seat
/// was given back, not why.
/// </summary>
/// <param name="Term">The term that ends.</param>
/// <param name="Node">Who led in it.</param>
/// <param name="Reason">Why it ends, in the words of <see cref="Transition.Reason"/>.</param>
/// <param name="At">When its work was told to stop, by its leader's wall clock; for people.</param>
/// <param name="DrainMs">How long the work then took, in milliseconds; null while that is not known.</param>
internal sealed record Farewell(long Term, string Node, string Reason, DateTimeOffset At, double? DrainMs = null)
{
    /// <summary>Where what is said at the signal stands in the ledger; each leader's takes the place of the one before.</summary>
    public const string Key = "handover";

    /// <summary>What is said at the end: beside the first, because both may be on their way at once and arrive in any order.</summary>
    public const string EndKey = Key + "/end";

    /// <summary>The newest that anybody has left, and of one term the one that knows more.</summary>
    public static Farewell? Newest(IReadOnlyDictionary<string, string> written) =>
        ((string[])[Key, EndKey]).Where(written.ContainsKey).Select(k => FromJson(written[k])).OfType<Farewell>()
        .OrderBy(f => f.Term).ThenBy(f => f.DrainMs is not null).LastOrDefault();

    public string ToJson() => JsonSerializer.Serialize(this, FarewellJson.Default.Farewell);

    /// <summary>Null for what is none.</summary>
    public static Farewell? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, FarewellJson.Default.Farewell);
        }
        catch (JsonException)
        {
            // A damaged one costs a reason, not the history.
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Farewell))]
internal sealed partial class FarewellJson : JsonSerializerContext;
