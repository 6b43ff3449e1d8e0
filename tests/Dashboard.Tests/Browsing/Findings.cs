namespace AspireElection.Dashboard.Tests.Browsing;

internal static class Findings
{
    /// <summary>Fails with all of them, whole: xunit's own message cuts them off.</summary>
    public static void AssertNone(string what, IReadOnlyCollection<string> found) =>
        Assert.True(found.Count == 0, $"{what}:\n{string.Join('\n', found)}");
}
