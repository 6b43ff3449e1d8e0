namespace AspireElection.Tests.Mistakes;

/// <summary>
/// One mistake of an elector or a store, as a change of the library's own source. It lives here and nowhere else: the
/// library that is shipped knows nothing of it.
/// </summary>
/// <param name="Name">What is wrong, in a few words.</param>
/// <param name="Because">Which system made it, or which rule it breaks.</param>
/// <param name="Edits">Where the source is changed.</param>
internal sealed record Mistake(string Name, string Because, params Edit[] Edits)
{
    /// <summary>Compiled and loaded the same way with nothing changed: whoever accuses this one accuses the innocent.</summary>
    public static Mistake None { get; } = new("none", "control");
}

/// <summary>A piece of a source file, which must occur there exactly once, and what a wrong library has in its place.</summary>
internal sealed record Edit(string File, string Right, string Wrong)
{
    public string ApplyTo(string text, string mistake)
    {
        var at = text.IndexOf(Right, StringComparison.Ordinal);
        if (at < 0 || text.IndexOf(Right, at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidOperationException($"The mistake '{mistake}' no longer applies to Election/{File}: {(at < 0 ? "nowhere" : "in several places")} does it say: {Right}");
        return text.Replace(Right, Wrong, StringComparison.Ordinal);
    }
}
