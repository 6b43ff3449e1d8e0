using AspireElection.Dashboard;
using AspireElection.ServiceDefaults.Settings;

var problems = new List<string>();
var settings = DashboardSettings.Read(args, Environment.GetEnvironmentVariable, problems);
if (settings is null)
{
    problems.ForEach(Console.Error.WriteLine);
    if (problems.Count > 0)
        return 2;
    Console.Write(DashboardSettings.Help);
    return 0;
}

await using var app = DashboardApp.Create(settings, settings.Open);
try
{
    await app.StartAsync();
}
catch (Exception exception) when (ListenUrls.Refused(settings.UrlsSource, settings.Urls, exception) is { } line)
{
    // As of a worker: 2 says that a setting is wrong, whoever else has the port.
    Console.Error.WriteLine(line);
    return 1;
}

Console.WriteLine($"Looking at {string.Join(", ", settings.Elections)} in {settings.Store.Place}: {string.Join(" ", app.Urls)}");
await app.WaitForShutdownAsync();
return 0;
