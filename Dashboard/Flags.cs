namespace AspireElection.Dashboard;

/// <summary>Settings by flag, else by environment variable. An empty variable counts as unset.</summary>
internal sealed class Flags
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly Func<string, string?> _environment;

    public Flags(string[] args, IReadOnlyCollection<string> known, Func<string, string?> environment, List<string> problems)
    {
        _environment = environment;
        for (var i = 0; i < args.Length; i++)
        {
            var (flag, value) = args[i].Split('=', 2) is [var name, var rest] ? (name, rest) : (args[i], null);
            if (!known.Contains(flag))
                problems.Add($"{flag} is unknown; allowed: {string.Join(", ", known)}");
            else if ((value ??= i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : "") is "")
                problems.Add($"{flag} has no value");
            else
                _given[flag] = value;
        }
    }

    public string? Get(string flag, string variable) =>
        _given.TryGetValue(flag, out var value) ? value : variable.Length > 0 && _environment(variable) is { Length: > 0 } set ? set : null;
}
