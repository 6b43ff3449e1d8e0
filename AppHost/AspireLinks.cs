namespace AspireElection.AppHost;

/// <summary>Tells the election page where the Aspire dashboard is, for its links to the traces and logs of each node.</summary>
internal static class AspireLinks
{
    private const string Variable = "ASPIRE_DASHBOARD_LINK";

    /// <summary>Without the login token: who is logged in there follows the link, who is not is asked.</summary>
    public static IResourceBuilder<ProjectResource> WithAspireLinks(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        return builder.HasDashboard() && builder.Configuration["ASPNETCORE_URLS"]?.Split(';')[0] is { Length: > 0 } address
            ? project.WithEnvironment(Variable, address)
            : project;
    }
}
