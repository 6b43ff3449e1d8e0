namespace AspireElection.ServiceDefaults.Settings;

/// <summary>A value of a setting and where it was given, in the user's own words.</summary>
/// <param name="Source">The flag or the variable.</param>
/// <param name="Text">The value.</param>
/// <param name="Rank">Where it came from: 2 a flag, 1 the environment, 0 appsettings.</param>
internal sealed record GivenValue(string Source, string Text, int Rank)
{
    /// <summary>Without the value, which may be a secret and which a record would show.</summary>
    public override string ToString() => Source;
}

/// <summary>What was given for each setting: flags win over the environment, the environment over appsettings.</summary>
internal sealed class GivenValues
{
    private readonly Dictionary<Setting, GivenValue> _values = [];
    private readonly IReadOnlyList<Setting> _known;

    private GivenValues(IReadOnlyList<Setting> known) => _known = known;

    /// <summary>Whether somebody asked for help.</summary>
    public bool Help { get; private set; }

    public GivenValue? this[Setting setting] => _values.GetValueOrDefault(setting);

    public static GivenValues Read(
        IReadOnlyList<Setting> known,
        IReadOnlyList<string> arguments,
        Func<string, string?> environment,
        Func<string, string?> appSettings,
        List<string> problems)
    {
        var given = new GivenValues(known);
        foreach (var setting in known)
        {
            // An empty variable counts as unset: that is how shells and compose files take one away.
            if (environment(setting.Variable) is { Length: > 0 } variable)
                given._values[setting] = new GivenValue(setting.Variable, variable, 1);
            else if (appSettings(setting.Key) is { Length: > 0 } text)
                given._values[setting] = new GivenValue($"{setting.Key} in appsettings.json", text, 0);
        }

        given.ReadFlags(arguments, problems);
        return given;
    }

    private void ReadFlags(IReadOnlyList<string> arguments, List<string> problems)
    {
        var seen = new HashSet<Setting>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument is "--help" or "-h" or "-?")
            {
                Help = true;
                continue;
            }

            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var flag = equals > 0 ? argument[..equals] : argument;
            if (_known.FirstOrDefault(s => s.Flag == flag) is not { } setting)
            {
                problems.Add($"{flag} is no flag; allowed: {string.Join(' ', _known.Select(s => s.Flag).OfType<string>())}");
                // Its value, if it has one, is no flag of its own.
                if (equals < 0 && flag.StartsWith('-') && i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-'))
                    i++;
                continue;
            }

            string? value = null;
            if (equals > 0)
                value = argument[(equals + 1)..];
            else if (i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                value = arguments[++i];
            if (!seen.Add(setting))
                problems.Add($"{flag} is given twice{Again(setting, value)}; allowed: once");
            else if (value is null)
                problems.Add($"{flag} has no value; allowed: {setting.Meaning}");
            else if (string.IsNullOrWhiteSpace(value))
                problems.Add($"{flag} is empty; allowed: {setting.Meaning}");
            else
                _values[setting] = new GivenValue(flag, value, 2);
        }
    }

    /// <summary>The value that was given again, unless it is a secret or may hold one, as an address with a user does.</summary>
    private static string Again(Setting setting, string? value) =>
        value is null || setting.Secret || value.Contains('@', StringComparison.Ordinal) ? string.Empty : $", again as '{value}'";
}
