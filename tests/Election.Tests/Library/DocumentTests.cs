using System.Text.RegularExpressions;
using AspireElection.Dashboard;
using AspireElection.Tests.Mistakes;
using AspireElection.Workers.Settings;

namespace AspireElection.Tests.Library;

/// <summary>README and <c>docs/</c> as somebody reads them: tables that are tables, links that lead somewhere, no setting left out.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Pages =>
    [
        "README.md", "CHANGELOG.md",
        .. Directory.EnumerateFiles(Path.Combine(SourceFolder.Root, "docs"), "*.md").Select(f => Path.GetRelativePath(SourceFolder.Root, f)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_table_has_a_head(string page)
    {
        var lines = File.ReadAllLines(Path.Combine(SourceFolder.Root, page));
        // Rows below an empty line are no table any more: they are shown with their bars.
        Assert.All(
            Enumerable.Range(0, lines.Length).Where(i => IsRow(lines[i]) && (i == 0 || !IsRow(lines[i - 1]))),
            first => Assert.Matches(@"^\|[\s:|-]+\|$", first + 1 < lines.Length ? lines[first + 1] : lines[first]));

        static bool IsRow(string line) => line.StartsWith('|');
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        var file = Path.Combine(SourceFolder.Root, page);
        Assert.All(
            Link().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).Where(l => !l.StartsWith("http", StringComparison.Ordinal)),
            link =>
            {
                var (path, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, "");
                var target = path.Length == 0 ? file : Path.Combine(Path.GetDirectoryName(file)!, path);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{page} links to {link}");
                if (anchor.Length > 0)
                    Assert.Contains(anchor, File.ReadLines(target).Where(l => l.StartsWith('#')).Select(Anchor));
            });
    }

    [Fact]
    public void The_readme_has_a_row_for_every_setting_of_a_worker()
    {
        var lines = File.ReadAllLines(Path.Combine(SourceFolder.Root, "README.md"));
        Assert.All(SettingsTable.All, setting => Assert.Contains(
            lines, l => l.StartsWith(setting.Flag is null ? $"|  | `{setting.Variable}` |" : $"| `{setting.Flag}` | `{setting.Variable}` |", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_readme_names_every_setting_of_the_page()
    {
        var readme = File.ReadAllText(Path.Combine(SourceFolder.Root, "README.md"));
        var page = readme[readme.IndexOf("\n## The election page\n", StringComparison.Ordinal)..];
        page = page[..page.IndexOf("\n## ", 1, StringComparison.Ordinal)];
        var settings = Setting().Matches(DashboardSettings.Help).ToList();
        Assert.True(settings.Count > 10, DashboardSettings.Help);
        Assert.All(
            settings.SelectMany(m => new[] { m.Groups[1].Value, m.Groups[2].Value }).Where(name => name.Length > 0),
            name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    /// <summary>As GitHub makes it of a heading.</summary>
    private static string Anchor(string heading) =>
        NoneOfAnAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoneOfAnAnchor();

    // Of a line of help: the flag, which not each has, and the variable.
    [GeneratedRegex(@"^  (--\S+)? +([A-Z]\w+) ", RegexOptions.Multiline)]
    private static partial Regex Setting();
}
