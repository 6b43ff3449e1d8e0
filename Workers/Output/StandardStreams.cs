namespace AspireElection.Workers.Output;

/// <summary>
/// Standard output and error, where whoever started the process has left them open. Where not (<c>&gt;&amp;-</c>), the runtime has
/// given their numbers to something of its own before the first line of this program runs: a write throws, or ends up there.
/// </summary>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>Close on exec, as Linux shows it in <c>/proc</c>, in octal.</summary>
    private const string Flags = "flags:";
    private const int CloseOnExec = 0x80000;

    /// <summary>What is written to a closed one goes nowhere.</summary>
    public static void LeaveClosed()
    {
        if (IsClosed(Output))
            Console.SetOut(TextWriter.Null);
        if (IsClosed(Error))
            Console.SetError(TextWriter.Null);
    }

    public static Stream OpenOutput() => IsClosed(Output) ? Stream.Null : Console.OpenStandardOutput();

    /// <summary>What came through an exec is not closed by one: with that flag it was opened in this very process.</summary>
    private static bool IsClosed(int number)
    {
        try
        {
            return OperatingSystem.IsLinux() && File.ReadLines($"/proc/self/fdinfo/{number}")
                .Where(line => line.StartsWith(Flags, StringComparison.Ordinal))
                .Any(line => (Convert.ToInt32(line[Flags.Length..].Trim(), 8) & CloseOnExec) != 0);
        }
        catch (IOException)
        {
            return true;
        }
        catch (Exception unreadable) when (unreadable is UnauthorizedAccessException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
