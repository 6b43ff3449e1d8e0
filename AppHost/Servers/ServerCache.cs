namespace AspireElection.AppHost.Servers;

/// <summary>The per-user folder in which <c>./run</c> and <c>./test</c> put what they download.</summary>
internal static class ServerCache
{
    public static string Folder { get; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "aspire-election");
}
