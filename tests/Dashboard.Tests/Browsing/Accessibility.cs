namespace AspireElection.Dashboard.Tests.Browsing;

/// <summary>What axe-core finds in a page: names of controls, labels, tables, landmarks, order of headings, language, contrast.</summary>
internal static class Accessibility
{
    private const string Run = """
        axe.run(document, { resultTypes: ["violations"] })
            .then(r => r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${v.help}: ${n.html.slice(0, 200)}`)))
        """;

    public static async Task<string[]> ViolationsAsync(ElectionPage page)
    {
        await page.Page.EvaluateAsync(Script.Axe);
        return await page.AskAsync<string[]>(Run);
    }
}
