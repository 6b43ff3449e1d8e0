namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Histories in terms of plain types, for whoever loads this assembly with another build of the library: a mutated one,
/// of which a checker has to notice what is wrong.
/// </summary>
internal static class Prove
{
    /// <summary>
    /// Runs histories one after the other on this thread.
    /// </summary>
    /// <param name="firstSeed">The seed of the first; the others follow.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="secondsLimit">For how long at most.</param>
    /// <param name="storeKind">A <see cref="StoreKind"/>; empty for all in turn.</param>
    /// <param name="mistake">A <see cref="WorldMistake"/> to build into the world; empty for none.</param>
    /// <returns>Null when no checker found anything, else <c>checker|seed|message</c>.</returns>
    public static string? FirstFailure(ulong firstSeed, int count, double secondsLimit, string storeKind, string mistake)
    {
        var wrong = mistake.Length == 0 ? WorldMistake.None : Enum.Parse<WorldMistake>(mistake);
        var began = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < count && began.Elapsed.TotalSeconds < secondsLimit; i++)
        {
            var seed = firstSeed + (ulong)i;
            if (Exploration.Run(seed, storeKind.Length == 0 ? Exploration.KindOf(seed) : Enum.Parse<StoreKind>(storeKind), wrong) is { } failure)
                return $"{failure.Checker}|{seed}|{failure.Message.ReplaceLineEndings(" ")}";
        }

        return null;
    }

    /// <summary>All that is known of one history that failed, for people; null when it did not.</summary>
    public static string? Tell(ulong seed, string storeKind, string mistake) =>
        Exploration.Run(seed, Enum.Parse<StoreKind>(storeKind), Enum.Parse<WorldMistake>(mistake))?.Text();
}
