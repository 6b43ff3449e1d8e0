using AspireElection.Dashboard.Tests.Browsing;
using Xunit.Abstractions;

namespace AspireElection.Dashboard.Tests;

/// <summary>The page on a small and on a large screen, in light and dark, by keyboard, by screen reader, and without script.</summary>
[Collection("redis")]
public sealed class PageForEverybodyTests(RedisRun run, ITestOutputHelper output)
{
    [Theory]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    [InlineData(1600, ColorScheme.Light)]
    [InlineData(1600, ColorScheme.Dark)]
    public async Task Everything_fits_can_be_read_and_has_a_name(int width, ColorScheme scheme)
    {
        await using var page = await run.OpenSettledAsync(width, scheme);

        if ((width, scheme) == (360, ColorScheme.Dark)) await Screenshot.TakeAsync(page.Page, "election-page-small", height: 1400);
        Findings.AssertNone("reaches over the edge", await page.AskAsync<string[]>("reader.sideways()"));
        var contrast = await page.AskAsync<Contrast>("reader.contrast()");
        output.WriteLine($"{width} px, {scheme}: {contrast.Count} texts, least contrast {contrast.Least:0.00} : 1");
        Assert.True(contrast.Count > 40, $"only {contrast.Count} texts were looked at");
        Findings.AssertNone("too little contrast", contrast.Found);
        Findings.AssertNone("accessibility", await Accessibility.ViolationsAsync(page));
        page.AssertNothingWentWrong();
    }

    [Fact]
    public async Task Everything_is_reached_by_keyboard_and_the_focus_is_seen()
    {
        await using var page = await run.OpenSettledAsync();
        var wanted = await page.AskAsync<Target[]>("reader.focusables()");
        Assert.NotEmpty(wanted);

        var reached = new Dictionary<int, Focus>();
        for (var press = 0; press < 2 * wanted.Length + 10 && !wanted.All(w => reached.ContainsKey(w.Id)); press++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            foreach (var focus in await page.AskAsync<Focus[]>("reader.focused()")) reached[focus.Id] = focus;
        }

        output.WriteLine($"{reached.Count} places by keyboard, of {wanted.Length}: {string.Join("; ", reached.Values.Select(f => $"{f.Name} {f.Ring:0.0}"))}");
        // The row of a node that was killed before leaves the list meanwhile.
        var left = (await page.AskAsync<Target[]>("reader.focusables()")).Select(t => t.Id).ToHashSet();
        wanted = [.. wanted.Where(w => left.Contains(w.Id))];
        Assert.NotEmpty(wanted);
        Assert.All(wanted, w => Assert.True(reached.ContainsKey(w.Id), $"not reached: {w.Name}"));
        Assert.All(reached.Values, f => Assert.True(f.Ring >= 3, $"the focus is not seen: {f}"));
        page.AssertNothingWentWrong();
    }

    [Fact]
    public async Task Without_script_the_present_state_is_shown()
    {
        var leader = (await run.AgreeAsync()).Single(v => v.IsLeader);
        await using var page = await run.OpenAsync(script: false);

        var board = await page.Page.Locator("#board").InnerTextAsync();
        Assert.Contains(leader.NodeId, board, StringComparison.Ordinal);
        Assert.Contains(leader.Term.ToString(System.Globalization.CultureInfo.InvariantCulture), board, StringComparison.Ordinal);
        Assert.Contains(leader.NodeId, await page.Page.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Without script", await page.Page.Locator("noscript").InnerTextAsync(), StringComparison.Ordinal);
        page.AssertNothingWentWrong();
    }

    private sealed record Contrast(double Least, int Count, string[] Found);

    private sealed record Target(int Id, string Name);

    private sealed record Focus(int Id, string Name, double Ring);
}
