namespace AspireElection.AppHost.Servers;

/// <summary>The per-user folder in which <c>./run</c> and <c>./test</c> put what they download.</summary>
internal static class ServerCache
{
    /// <summary>As the scripts have it: also where the home folder is not there yet, for which .NET would name none.</summary>
    public static string Folder { get; } = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache", "aspire-election");
}
