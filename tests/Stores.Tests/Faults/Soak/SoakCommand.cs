using System.Globalization;
using AspireElection.Workers.Settings;

namespace AspireElection.Faults.Soaks;

/// <summary>The command line of a soak.</summary>
internal static class SoakCommand
{
    private const string Usage = """
        ./test soak [DURATION] [--store redis|postgres|etcd|file|quorum] [--seed N] [--report FILE]
          DURATION        such as 90s or 10m, 60s without; without --store an equal part of it on each store
          --store STORE   only one store
          --seed N        the same faults in the same order as another run
          --report FILE   where the report goes, default artifacts/soak.md
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        string? store = null;
        var seed = Environment.TickCount;
        var report = Path.Combine("artifacts", "soak.md");
        TimeSpan? duration = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : string.Empty;
            switch (arguments[i])
            {
                case "--store" when Fault.Everywhere.Contains(value):
                    store = arguments[++i];
                    break;
                case "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out seed):
                    i++;
                    break;
                case "--report" when value.Length > 0:
                    report = arguments[++i];
                    break;
                case var text when duration is null && DurationText.Parse(text) is { } given && given > TimeSpan.Zero:
                    duration = given;
                    break;
                case "--help" or "-h":
                    Console.WriteLine(Usage);
                    return 0;
                default:
                    await Console.Error.WriteLineAsync($"{arguments[i]} cannot be: see ./test soak --help");
                    return 2;
            }
        }

        var soak = new Soak(store is null ? Fault.Everywhere : [store], duration ?? TimeSpan.FromMinutes(1), seed, Console.WriteLine);
        await soak.RunAsync();
        var written = SoakReport.Of(soak);
        Console.WriteLine();
        Console.WriteLine(written);
        await WriteAsync(report, written);
        Console.WriteLine($"The report is in {report}.");
        return soak.Violations.Count + soak.Overdue.Count == 0 ? 0 : 1;
    }

    public static async Task WriteAsync(string file, string report)
    {
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(file, report + "\n");
    }
}
