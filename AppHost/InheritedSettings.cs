using AspireElection.Workers.Settings;

namespace AspireElection.AppHost;

/// <summary>
/// Settings that the workers and the election page take from the environment of the AppHost. A wrong one would end each of
/// them, and Aspire would start the workers again every few seconds, for ever.
/// </summary>
internal static class InheritedSettings
{
    private const int ShortestToken = 16;

    /// <summary>How they relate to each other is the workers' to say.</summary>
    private static readonly string[] s_durations =
        ["LEASE_DURATION", "RENEW_PERIOD", "LEASE_MARGIN", "DRAIN_LIMIT", "RETRY_PERIOD", "NODE_TIMEOUT"];

    private static readonly string[] s_tokens = [AdminAccess.WorkersVariable, AdminAccess.PageVariable];

    /// <summary>Refuses all that is wrong, a line each, in the words of those who take it.</summary>
    public static void RefuseWrongSettings(this IDistributedApplicationBuilder builder)
    {
        // An empty variable counts as unset.
        var given = s_durations.Concat(s_tokens)
            .Select(name => (Name: name, Value: builder.Configuration[name]))
            .Where(setting => !string.IsNullOrEmpty(setting.Value));
        var problems = given.Select(setting => Problem(setting.Name, setting.Value!)).OfType<string>().ToList();
        if (problems.Count > 0) throw new DistributedApplicationException(string.Join(Environment.NewLine, problems));
    }

    private static string? Problem(string name, string value) => s_tokens.Contains(name)
        ? TokenProblem(name, value)
        : DurationText.Parse(value) is null ? $"{name} is '{value.ReplaceLineEndings(" ")}'; allowed: {DurationText.Allowed}" : null;

    /// <summary>Not shown: it is a secret.</summary>
    private static string? TokenProblem(string name, string token) =>
        token.Length < ShortestToken ? $"{name} has {token.Length} characters; allowed: at least {ShortestToken}"
        // The page sends it in a header, which takes nothing else.
        : token.Any(c => c is < ' ' or > '~') ? $"{name} has a character that is none of printable ASCII; allowed: letters, digits, signs and spaces"
        : name == AdminAccess.WorkersVariable && token != token.Trim() ? $"{name} begins or ends with a blank; allowed: blanks only within"
        : null;
}
