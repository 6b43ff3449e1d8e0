using AspireElection.ServiceDefaults.Settings;

namespace AspireElection.Workers.Settings;

/// <summary>Looks at the settings of the quorum store wherever they are given, so that a mistake is told at once.</summary>
internal static class QuorumSettings
{
    public static void Check(GivenValues given, List<string> problems)
    {
        var peers = given[SettingsTable.Peers];
        var ids = peers?.Text.Split(',').Select(PeerId).ToList();
        if (ids is not null && (ids.Contains(null) || ids.Distinct(StringComparer.Ordinal).Count() != ids.Count))
            problems.Add($"{peers!.Source} is '{peers.Text}'; allowed: id=http://host:port items, comma separated, each id once");
        if (given[SettingsTable.InitialLeader] is { } eligible &&
            !eligible.Text.Split(',').All(id => ids is null ? ElectionOptionsValidator.IsName(id) : ids.Contains(id)))
        {
            problems.Add($"{eligible.Source} is '{eligible.Text}'; allowed: ids of {SettingsTable.Peers.Flag}, comma separated");
        }

        if (given[SettingsTable.DataDirectory] is { } folder && File.Exists(folder.Text))
            problems.Add($"{folder.Source} is '{folder.Text}'; allowed: a folder, and this is a file");
    }

    private static string? PeerId(string item)
    {
        var parts = item.Trim().Split('=', 2);
        return parts.Length == 2 && ElectionOptionsValidator.IsName(parts[0]) &&
            Uri.TryCreate(parts[1], UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp
            ? parts[0]
            : null;
    }
}
