using System.Text.Json;
using System.Text.Json.Serialization;

namespace AspireElection.Benchmarks.Report;

/// <summary>What <c>docs/benchmarks.json</c> keeps: a full run, and the ratios of quick ones.</summary>
/// <param name="Full">Without the single rounds.</param>
/// <param name="Quick">The ratios that quick runs are compared with.</param>
internal sealed record Committed(Findings? Full, QuickRatios? Quick)
{
    private static readonly JsonSerializerOptions s_form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Empty where there is no such file yet.</summary>
    public static Committed Read(string file) => ReadFile<Committed>(file) ?? new Committed(null, null);

    public static T? ReadFile<T>(string file)
        where T : class => File.Exists(file) ? JsonSerializer.Deserialize<T>(File.ReadAllText(file), s_form) : null;

    public static void WriteFile<T>(string file, T content) => File.WriteAllText(file, JsonSerializer.Serialize(content, s_form) + '\n');

    /// <summary>Of one figure all quick runs count: the one in the middle is no accident.</summary>
    public static Committed From(Findings? full, QuickHistory? quick, Committed before) => new(
        full is null ? before.Full : full with { Rows = [.. full.Rows.Select(r => r with { Values = null })] },
        quick is null ? before.Quick : new QuickRatios(quick.Commit, quick.Last.Began, quick.Last.Machine, quick.Medians));
}
