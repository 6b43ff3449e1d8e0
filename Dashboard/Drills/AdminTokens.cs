namespace AspireElection.Dashboard.Drills;

/// <summary>The two secrets that open the drills. No record: the text of one would show them.</summary>
internal sealed class AdminTokens(string? page, string? workers)
{
    /// <summary>What the admin link carries; null: nobody may run drills from this page.</summary>
    public string? Page => page;

    /// <summary>What the workers ask for; null: none of them would run one for this dashboard.</summary>
    public string? Workers => workers;

    /// <summary>Which settings are still to be given.</summary>
    public IReadOnlyList<string> Missing =>
        [.. new[] { page is null ? DashboardSettings.PageToken.Variable : null, workers is null ? DashboardSettings.WorkersToken.Variable : null }.OfType<string>()];
}
