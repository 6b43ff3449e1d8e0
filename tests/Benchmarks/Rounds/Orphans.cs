using System.Diagnostics;
using System.Globalization;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>A small process that outlives this one by a moment: workers of a run that was killed are killed as well.</summary>
internal static class Orphans
{
    /// <summary>The pipe to it ends with this process, however that ends.</summary>
    private const string Script = """
        trap '' INT TERM HUP
        alive=' '
        while read -r word pid; do
            case $word in
                born) alive="$alive$pid " ;;
                gone) case $alive in *" $pid "*) alive="${alive%%" $pid "*} ${alive#*" $pid "}" ;; esac ;;
            esac
        done
        for pid in $alive; do kill -KILL "$pid"; done 2> /dev/null
        """;

    private static readonly Lock s_gate = new();
    private static Process? s_watch;

    public static void Born(int process) => Tell("born", process);

    public static void Gone(int process) => Tell("gone", process);

    private static void Tell(string word, int process)
    {
        lock (s_gate)
        {
            s_watch ??= Process.Start(new ProcessStartInfo("sh", ["-c", Script]) { RedirectStandardInput = true })!;
            s_watch.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word} {process}"));
            s_watch.StandardInput.Flush();
        }
    }
}
