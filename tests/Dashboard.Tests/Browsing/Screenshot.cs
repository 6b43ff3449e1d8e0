using System.Runtime.CompilerServices;

namespace AspireElection.Dashboard.Tests.Browsing;

/// <summary>Pictures for the documents, written only on request: <c>WRITE_SCREENSHOTS=docs/images ./test --only Dashboard.Tests</c>; a palette of 64 colours is enough for each.</summary>
internal static class Screenshot
{
    private static string? Folder => Environment.GetEnvironmentVariable("WRITE_SCREENSHOTS");

    public static bool IsWanted => Folder is { Length: > 0 };

    /// <summary>The upper part of the page, as far as it shows something.</summary>
    public static async Task TakeAsync(IPage page, string name, int height)
    {
        if (Folder is not { Length: > 0 } folder) return;
        var width = page.ViewportSize!.Width;
        var end = await page.EvaluateAsync<int>("Math.ceil(document.body.getBoundingClientRect().bottom)");
        var file = Path.Combine(Root(), folder, name + ".png");
        await page.ScreenshotAsync(new PageScreenshotOptions
        {
            Path = file,
            Clip = new Clip { X = 0, Y = 0, Width = width, Height = Math.Min(height, end) },
        });
    }

    /// <summary>The tests run somewhere below the folder from which ./test was started.</summary>
    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
