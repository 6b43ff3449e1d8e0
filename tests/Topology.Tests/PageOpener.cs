using System.Diagnostics;

namespace AspireElection.Topology.Tests;

/// <summary>Whoever opens pages on this machine, for an AppHost that finds it first in its PATH: writes down which.</summary>
internal sealed class PageOpener : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("election-opener-").FullName;

    public PageOpener()
    {
        // By a shell: a process that a test beside this one starts would inherit a file that is being written, and that cannot be run.
        const string script = "printf '#!/bin/sh\\necho \"$1\" >> %s\\n' \"$1/opened\" > \"$1/xdg-open\" && chmod a+rx \"$1/xdg-open\"";
        using var written = Process.Start("/bin/sh", ["-c", script, "sh", folder]);
        written.WaitForExit();
    }

    /// <summary>The PATH of a process that opens pages by it.</summary>
    public string Path => $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";

    public Task OpenedAsync(string page) => Wait.UntilTrueAsync($"{page} is opened", TimeSpan.FromSeconds(60), () =>
        (File.Exists($"{folder}/opened") ? File.ReadAllLines($"{folder}/opened") : []) is var opened && opened.Contains(page) ? null : string.Join(' ', opened));

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
