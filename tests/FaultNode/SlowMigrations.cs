using AspireElection.Workers.Jobs;

namespace AspireElection.FaultNodes;

/// <summary>Migrations that a test wrote, so that it can hold them up where it wants to.</summary>
internal static class SlowMigrations
{
    public static IReadOnlyList<Migration> Read(string folder) =>
        [.. Directory.GetFiles(folder, "*.sql").Order(StringComparer.Ordinal).Select(f => new Migration(Path.GetFileName(f), File.ReadAllText(f)))];
}
