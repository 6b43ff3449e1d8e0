using System.Security.Cryptography;

namespace AspireElection.AppHost;

/// <summary>
/// What opens the drills in this run: the token that the workers ask for, and that of the election page's admin link. Those
/// of the AppHost's environment, else fresh ones. No record: the text of one would show them.
/// </summary>
internal sealed class AdminAccess
{
    public const string WorkersVariable = "ELECTION_ADMIN_TOKEN";
    public const string PageVariable = "DASHBOARD_ADMIN_TOKEN";

    private readonly IResourceBuilder<ParameterResource> _workers;
    private readonly IResourceBuilder<ParameterResource> _page;

    public AdminAccess(IDistributedApplicationBuilder builder)
    {
        WorkersToken = Given(WorkersVariable);
        PageToken = Given(PageVariable);
        _workers = builder.AddParameter("admin-token", WorkersToken, secret: true);
        _page = builder.AddParameter("dashboard-admin-token", PageToken, secret: true);

        string Given(string name) => builder.Configuration[name] is { Length: > 0 } token ? token : RandomNumberGenerator.GetHexString(32, lowercase: true);
    }

    public string WorkersToken { get; }

    public string PageToken { get; }

    /// <summary>Lets a worker run drills.</summary>
    public void TellWorker(IResourceBuilder<ProjectResource> worker) => worker.WithEnvironment(WorkersVariable, _workers);

    /// <summary>Lets the election page order them.</summary>
    public void TellPage(IResourceBuilder<ProjectResource> dashboard) => dashboard
        .WithEnvironment(WorkersVariable, _workers)
        .WithEnvironment(PageVariable, _page);
}

internal static class AdminAccessExtensions
{
    public static AdminAccess AddAdminAccess(this IDistributedApplicationBuilder builder) => new(builder);

    /// <summary>The drills of the workers are open to whoever has the token; without one they do not exist.</summary>
    public static IResourceBuilder<ProjectResource> WithAdminToken(this IResourceBuilder<ProjectResource> worker, AdminAccess admin)
    {
        admin.TellWorker(worker);
        return worker;
    }

    /// <summary>The page offers the drills to whoever has opened the link <c>dashboard-admin:</c>.</summary>
    public static IResourceBuilder<ProjectResource> WithAdminPage(this IResourceBuilder<ProjectResource> dashboard, AdminAccess admin)
    {
        admin.TellPage(dashboard);
        return dashboard;
    }
}
