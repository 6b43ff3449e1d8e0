using System.Globalization;
using System.Text.RegularExpressions;

namespace AspireElection.Dashboard;

/// <summary>Every text of the page can be read, in light and in dark: worked out of the colours of the style sheet.</summary>
public sealed partial class ContrastTests
{
    private const double Text = 4.5;
    private const double Shape = 3;

    /// <summary>What stands on what.</summary>
    public static TheoryData<string, string, double> Pairs()
    {
        var pairs = new TheoryData<string, string, double>
        {
            { "text", "page", Text }, { "text", "card", Text }, { "text", "raised", Text }, { "muted", "page", Text }, { "muted", "card", Text },
            { "muted", "raised", Text }, { "link", "card", Text }, { "link", "page", Text }, { "leaderless", "card", Text },
            { "card", "text", Text }, { "gap", "card", Shape }, { "gap", "waiting-tint", Shape }, { "bar", "waiting-tint", Shape },
        };
        foreach (var condition in (string[])["fine", "attention", "leaderless", "unreachable", "waiting"])
        {
            pairs.Add(condition, $"{condition}-tint", Text);
            pairs.Add("text", $"{condition}-tint", Text);
            pairs.Add("muted", $"{condition}-tint", Text);
            pairs.Add("link", $"{condition}-tint", Text);
            pairs.Add("card", condition, Text);
        }

        for (var node = 0; node < Timeline.NodeColours.Count; node++)
        {
            pairs.Add("on-node", $"node-{node}", Text);
            pairs.Add($"node-{node}", "card", Shape);
            pairs.Add($"node-{node}", "waiting-tint", Shape);
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void It_stands_out(string colour, string ground, double least)
    {
        foreach (var (scheme, colours) in new[] { ("light", Colours(false)), ("dark", Colours(true)) })
        {
            var ratio = Contrast(colours[colour], colours[ground]);
            Assert.True(ratio >= least, $"{colour} on {ground}, {scheme}: {ratio:0.00} where {least} is needed");
        }
    }

    private static Dictionary<string, string> Colours(bool dark)
    {
        using var stream = typeof(PageView).Assembly.GetManifestResourceStream("AspireElection.Dashboard.Assets.page.css")!;
        using var reader = new StreamReader(stream);
        var css = reader.ReadToEnd();
        var blocks = DarkBlocks().Matches(css).Select(m => m.Value).ToList();
        var light = blocks.Aggregate(css, (rest, block) => rest.Replace(block, "", StringComparison.Ordinal));
        var colours = Read(light);
        if (dark)
        {
            foreach (var (name, value) in blocks.SelectMany(Read))
                colours[name] = value;
        }

        return colours;
    }

    private static Dictionary<string, string> Read(string css) =>
        Variable().Matches(css).GroupBy(m => m.Groups[1].Value).ToDictionary(g => g.Key, g => g.Last().Groups[2].Value);

    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string hex)
    {
        var channels = Enumerable.Range(0, 3)
            .Select(i => int.Parse(hex.AsSpan(i * 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
            .Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4)).ToList();
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
    }

    [GeneratedRegex(@"@media \(prefers-color-scheme: dark\) \{\s*:root \{[^}]*\}\s*\}")]
    private static partial Regex DarkBlocks();

    [GeneratedRegex(@"--([a-z0-9-]+):\s*#([0-9a-f]{6});")]
    private static partial Regex Variable();
}
