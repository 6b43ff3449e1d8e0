using System.Text.Json;
using System.Text.Json.Serialization;

namespace AspireElection.History;

/// <summary>How the seat came to a leader, as that leader measured it; kept in the election's ledger.</summary>
public sealed record Transition
{
    /// <summary>The log of the ledger in which transitions stand, oldest first.</summary>
    public const string Log = "history";

    /// <summary>How many entries the log keeps; a term may take two, of which the later counts.</summary>
    public const int Kept = 400;

    /// <summary>The fencing token of the term that began.</summary>
    public required long Term { get; init; }

    /// <summary>Who leads in it.</summary>
    public required string Node { get; init; }

    /// <summary>When it began, by its leader's wall clock; for people, never for decisions.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The term before, 0 when none is known.</summary>
    public long PreviousTerm { get; init; }

    /// <summary>Who led before; null when nobody is known to.</summary>
    public string? PreviousNode { get; init; }

    /// <summary>
    /// Why the term before ended: <c>first</c> (there was none), <c>resigned</c>, <c>preempted</c>, <c>stopped</c>,
    /// <c>released</c> (its leader gave the seat back, and why did not arrive in time),
    /// <c>expired</c> (its leader fell silent), <c>lost</c>, or <c>unknown</c>.
    /// </summary>
    public string Reason { get; init; } = "unknown";

    /// <summary>For how long nobody led, in milliseconds, as far as the new leader can tell; null when it cannot.</summary>
    public double? LeaderlessMs { get; init; }

    /// <summary>The parts of the hand-over in their order; empty where nothing was measured.</summary>
    public IReadOnlyList<TransitionStep> Steps { get; init; } = [];

    /// <summary>The transitions that the ledger holds, oldest first, one for each term; asks the store.</summary>
    public static async Task<IReadOnlyList<Transition>> ReadAllAsync(ILedger ledger, string election, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        var entries = (await ledger.ReadLogAsync(election, Log, cancellationToken)).Select(FromJson).OfType<Transition>();
        return [.. entries.GroupBy(e => e.Term).Select(g => g.Last()).OrderBy(e => e.Term)];
    }

    internal string ToJson() => JsonSerializer.Serialize(this, TransitionJson.Default.Transition);

    /// <summary>Null for what is no transition: one damaged entry must not hide the others.</summary>
    internal static Transition? FromJson(string json)
    {
        try
        {
            // What is declared without null may still hold some in a list.
            return JsonSerializer.Deserialize(json, TransitionJson.Default.Transition) is { } read && read.Steps.All(s => s is not null) ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A part of a hand-over.</summary>
/// <param name="Name">
/// <c>silence</c> (from the last sign of the old leader to the end of its lease), <c>drain</c> (from the signal to the
/// end of the old leader's work), <c>release</c>, <c>grant</c>, or <c>first job</c>.
/// </param>
/// <param name="Ms">How long it took, in milliseconds.</param>
public sealed record TransitionStep(string Name, double Ms);

// Others may write into the ledger: an entry whose node is null would be met by whoever shows it.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Transition))]
internal sealed partial class TransitionJson : JsonSerializerContext;
