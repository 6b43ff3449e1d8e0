using System.Globalization;
using AspireElection.ServiceDefaults.Settings;
using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Workers.Settings;

/// <summary>Reads and checks all settings and reports every wrong one, each in a line that names it as the user gave it.</summary>
internal sealed class SettingsReader
{
    private const int ShortestSecret = 16;

    /// <summary>What this version has.</summary>
    private static readonly string[] Stores = ["redis", "postgres", "etcd", "file", "quorum", "memory"];

    private readonly GivenValues _given;
    private readonly List<string> _problems;

    private SettingsReader(GivenValues given, List<string> problems)
    {
        _given = given;
        _problems = problems;
    }

    /// <summary>The settings, or every problem in a line of its own.</summary>
    public static (WorkerSettings? Settings, IReadOnlyList<string> Problems, bool Help) Read(
        IReadOnlyList<string> arguments, Func<string, string?> environment, Func<string, string?> appSettings)
    {
        var problems = new List<string>();
        var given = GivenValues.Read(SettingsTable.All, arguments, environment, appSettings, problems);
        if (given.Help)
            return (null, [], true);
        var settings = new SettingsReader(given, problems).Read(environment);
        return problems.Count > 0 ? (null, problems, false) : (settings, [], false);
    }

    private WorkerSettings Read(Func<string, string?> environment)
    {
        var election = ReadElection(NodeInstance.Id(environment("OTEL_RESOURCE_ATTRIBUTES")));
        var (urls, urlsSource) = ListenUrls.Read(_given, _problems);
        var store = StoreChoice.Read(_given, Stores, _problems);
        var quorum = QuorumSettings.Read(_given, store, _problems);
        var peer = quorum is null ? null : PeerSlot.Named(quorum, _given[SettingsTable.NodeId], _problems);
        // The one that decided: the other may be set as well, where it has no say.
        var given = new[] { _given[SharedSettings.Urls], _given[SharedSettings.Port] }.FirstOrDefault(value => value?.Source == urlsSource);
        var settings = new WorkerSettings
        {
            Store = store,
            LockName = LockName,
            Election = election,
            LeaseDurationAsGiven = _given[SettingsTable.LeaseDuration] is { } lease
                ? $"{lease.Source} is '{lease.Text}'"
                : $"{SettingsTable.LeaseDuration.Flag} (by default) is {SettingsTable.LeaseDuration.Default}",
            StatusLine = Bool(SettingsTable.StatusLine) ?? !Console.IsOutputRedirected,
            Colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(environment("NO_COLOR")),
            Urls = urls,
            UrlsSource = urlsSource,
            AdminToken = Secret(SettingsTable.AdminToken),
            Quorum = quorum,
            ClaimsPeer = quorum is not null && peer is null,
            UrlsGiven = given is not null,
        };
        if (peer is not null && quorum!.Cluster.Ids.Contains(peer))
            PeerSlot.ListenAs(settings, peer, given, _problems);
        return settings;
    }

    private string LockName => _given[SharedSettings.LockName]?.Text ?? SharedSettings.LockName.Default;

    private ElectionOptions ReadElection(string? instance)
    {
        var before = _problems.Count;
        var options = new ElectionOptions { InstanceId = instance };
        options.NodeId = _given[SettingsTable.NodeId]?.Text
            ?? (instance is null ? options.NodeId : $"{options.NodeId}-{instance}");
        options.Priority = Number(SettingsTable.Priority, int.MinValue, int.MaxValue) ?? 0;
        options.LeaseDuration = Duration(SettingsTable.LeaseDuration) ?? options.LeaseDuration;
        options.RenewPeriod = Duration(SettingsTable.RenewPeriod);
        options.Margin = Duration(SettingsTable.Margin);
        options.DrainLimit = Duration(SettingsTable.DrainLimit) ?? options.DrainLimit;
        options.RetryPeriod = Duration(SettingsTable.RetryPeriod);
        options.NodeTimeout = Duration(SettingsTable.NodeTimeout);
        options.Observer = Bool(SettingsTable.Observer) ?? false;
        var wrong = ElectionOptionsValidator.Problems(LockName, options).ToLookup(p => _given[SettingOf(p)] is not null);
        foreach (var problem in wrong[true])
            Add(problem);
        // A default worked out from a wrong value would be a problem that nobody has.
        if (_problems.Count == before)
        {
            foreach (var problem in wrong[false])
                Add(problem);
        }

        return options;
    }

    /// <summary>The library's words for a wrong option, under the name by which the user knows it.</summary>
    private void Add(ElectionOptionsProblem problem)
    {
        var setting = SettingOf(problem);
        var (name, value) = _given[setting] is { } given
            ? (given.Source, $"'{given.Text}'")
            : ($"{setting.Flag} (by default)", problem.Value);
        _problems.Add($"{name} is {value}; allowed: {problem.Allowed}");
    }

    private static Setting SettingOf(ElectionOptionsProblem problem) => problem.Setting switch
    {
        "Election" => SharedSettings.LockName,
        nameof(ElectionOptions.LeaseDuration) => SettingsTable.LeaseDuration,
        nameof(ElectionOptions.RenewPeriod) => SettingsTable.RenewPeriod,
        nameof(ElectionOptions.Margin) => SettingsTable.Margin,
        nameof(ElectionOptions.DrainLimit) => SettingsTable.DrainLimit,
        nameof(ElectionOptions.RetryPeriod) => SettingsTable.RetryPeriod,
        nameof(ElectionOptions.NodeTimeout) => SettingsTable.NodeTimeout,
        // The instance's name is part of the node's where that is not given.
        _ => SettingsTable.NodeId,
    };

    private TimeSpan? Duration(Setting setting) => Parse(setting, DurationText.Parse, DurationText.Allowed);

    private bool? Bool(Setting setting) => Parse(setting, Truth, "true or false");

    private int? Number(Setting setting, int from, int to) => Parse(setting, text => Number(text, from, to), $"a whole number from {from} to {to}");

    private string? Secret(Setting setting)
    {
        if (_given[setting] is not { } given)
            return null;
        if (given.Text.Length < ShortestSecret)
            _problems.Add($"{given.Source} has {given.Text.Length} characters; allowed: at least {ShortestSecret}");
        // No header carries them, so that nobody could ever say it.
        else if (given.Text != given.Text.Trim())
            _problems.Add($"{given.Source} begins or ends with a blank; allowed: blanks only within");
        return given.Text;
    }

    private T? Parse<T>(Setting setting, Func<string, T?> parse, string allowed)
        where T : struct
    {
        if (_given[setting] is not { } given)
            return null;
        if (parse(given.Text) is { } value)
            return value;
        _problems.Add($"{given.Source} is '{given.Text}'; allowed: {allowed}");
        return null;
    }

    private static int? Number(string text, int from, int to) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number
            : null;

    private static bool? Truth(string text) => bool.TryParse(text, out var value) ? value : null;
}
