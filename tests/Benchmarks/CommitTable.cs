using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks;

/// <summary>Copies what was measured into the folder that git keeps.</summary>
internal static class CommitTable
{
    /// <param name="again">Parts that are taken from the last run of single parts.</param>
    public static int Copy(IReadOnlyList<string> again)
    {
        var full = Committed.ReadFile<Findings>($"{Folders.Full}.json");
        if (again.Count > 0)
        {
            if (full is null || Committed.ReadFile<Findings>($"{Folders.Partial}.json") is not { } later)
            {
                Console.Error.WriteLine("--only: there is no full run, or none of single parts: make them with ./run bench, and with ./run bench --only PART");
                return 1;
            }

            full = full.With(later, again);
        }

        var quick = Committed.ReadFile<QuickHistory>($"{Folders.Quick}.json");
        if (full is null && quick is null)
        {
            Console.Error.WriteLine("There is no run to copy: make one with ./run bench, and with ./run bench --quick");
            return 1;
        }

        var committed = Committed.From(full, quick, Committed.Read(Folders.CommittedFile));
        Committed.WriteFile(Folders.CommittedFile, committed);
        if (committed.Full is { } copied)
        {
            File.WriteAllText(Folders.CommittedPage, Sheet.CommittedPage(copied));
            if (ReadmeFigures.Replaced(File.ReadAllText(Folders.Readme), copied) is not { } readme)
            {
                Console.Error.WriteLine($"{Folders.Readme} has no marks between which its figures stand: see ReadmeFigures");
                return 1;
            }

            File.WriteAllText(Folders.Readme, readme);
        }

        Console.WriteLine(full is null ? "No full run: its table stays as it was" : $"Full run of {full.Began:u}, commit {full.Machine.Commit}");
        Console.WriteLine(quick is null ? "No quick run: its ratios stay as they were" : $"{quick.Ratios.Count} quick runs, the last of {quick.Last.Began:u}, commit {quick.Commit}");
        return 0;
    }
}
