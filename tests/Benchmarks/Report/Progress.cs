namespace AspireElection.Benchmarks.Report;

/// <summary>One line that is written over, at a terminal only.</summary>
internal static class Progress
{
    public static void Show(string text)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write($"\r{text.PadRight(60)}");
    }

    public static void Clear() => Show("\r");
}
