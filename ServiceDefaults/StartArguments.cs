namespace AspireElection.ServiceDefaults;

/// <summary>What each web application of ours is told when its builder is made.</summary>
internal static class StartArguments
{
    /// <summary>
    /// Its settings stay what they were at its start. A host watches its settings files otherwise, by an inotify instance, of which a
    /// usual Linux gives a user 128: on a machine with that many replicas the next one could not start.
    /// </summary>
    public static string[] SettingsStay { get; } = ["--hostBuilder:reloadConfigOnChange=false"];
}
