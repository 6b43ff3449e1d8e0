using System.ComponentModel;
using System.Diagnostics;

namespace AspireElection.AppHost;

/// <summary>Opens a page as a click on its link would; a machine without a browser is told of it in one line.</summary>
internal static class Browser
{
    public static async Task OpenAsync(Uri page, CancellationToken cancellation)
    {
        await Listening.WaitAsync(page, cancellation);
        try
        {
            using var opener = Process.Start(Opener(page.AbsoluteUri));
        }
        catch (Win32Exception problem)
        {
            Console.WriteLine($"--open: {page.GetLeftPart(UriPartial.Path)} was not opened: {problem.Message}");
        }
    }

    private static ProcessStartInfo Opener(string page) =>
        OperatingSystem.IsWindows() ? new ProcessStartInfo(page) { UseShellExecute = true }
        : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [page])
        {
            // What it says is not ours, and would stand between the lines of the AppHost.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
