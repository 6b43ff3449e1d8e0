using AspireElection.AppHost;

if (args.Contains("--help"))
{
    Console.WriteLine(TopologyOptions.Help);
    return 0;
}

if (!TopologyOptions.TryParse(args, Console.Error, out var options)) return 2;

try
{
    AspireSide.PassOn();
    ProxyBypass.PassOn();
    var builder = DistributedApplication.CreateBuilder(options.PassedOn);
    builder.RefuseWrongSettings();
    builder.UseFreeDashboardPorts();
    builder.EndAfterProcesses();

    var store = await builder.AddStoreAsync(options);
    var admin = builder.AddAdminAccess();

    var worker = builder.AddProject<Projects.Workers>("worker", launchProfileName: null)
        .WithHttpEndpoint(port: builder.FixedOrFreePort("worker", 5081))
        .WithHttpHealthCheck("/health")
        .WithReplicas(options.Replicas)
        .WithStore(store)
        .WithAdminToken(admin)
        .WithDrillCommands(admin)
        .WithPromptTelemetry();

    builder.AddProject<Projects.Dashboard>("dashboard", launchProfileName: null)
        .WithHttpEndpoint(port: builder.FixedOrFreePort("dashboard", 5080))
        .WithHttpHealthCheck("/health")
        .WithUrlForEndpoint("http", url => url.DisplayText = "Election")
        .WithStore(store)
        .WithReference(worker)
        .WithAdminPage(admin)
        .WithAspireLinks()
        .WithPromptTelemetry();

    builder.PrintAddresses(admin, options.Open);
    builder.ShowRoles(worker);
    builder.RestartExited(worker);

    await using var app = builder.Build();
    await app.RunAsync();
    return 0;
}
catch (DistributedApplicationException problem)
{
    Console.Error.WriteLine(problem.Message);
    return 2;
}
