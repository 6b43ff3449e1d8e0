namespace AspireElection.ServiceDefaults.Settings;

/// <summary>One setting: its flag, its environment variable (also its key in appsettings), and its words for people.</summary>
/// <param name="Flag">Such as <c>--store</c>; null where there is none, as with secrets.</param>
/// <param name="Variable">The environment variable.</param>
/// <param name="Default">The default in words.</param>
/// <param name="Meaning">What it does.</param>
internal sealed record Setting(string? Flag, string Variable, string Default, string Meaning)
{
    /// <summary>Never shown, not even when it is wrong.</summary>
    public bool Secret { get; init; }

    /// <summary>The same key as .NET's configuration spells it: <c>__</c> stands for a level.</summary>
    public string Key => Variable.Replace("__", ":", StringComparison.Ordinal);

    /// <summary>The settings as <c>--help</c> lists them, a line each.</summary>
    public static string Lines(IEnumerable<Setting> settings) => string.Join('\n', settings.Select(s =>
        $"  {s.Flag,-17} {s.Variable,-28} {s.Meaning}" + (s.Default.Length > 0 ? $" (default: {s.Default})" : string.Empty)));
}
