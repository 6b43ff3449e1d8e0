using AspireElection.Dashboard;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Timing;

var problems = new List<string>();
var settings = DashboardSettings.Read(args, Environment.GetEnvironmentVariable, problems);
if (settings is null)
{
    problems.ForEach(Console.Error.WriteLine);
    return 2;
}

await using var app = DashboardApp.Create(settings, () => settings.Store.OpenAsync(BootClock.Instance));
try
{
    await app.StartAsync();
}
catch (IOException exception)
{
    Console.Error.WriteLine($"--urls is '{string.Join(';', settings.Urls)}'; {exception.Message}");
    return 2;
}

Console.WriteLine($"Looking at {string.Join(", ", settings.Elections)} in {settings.Store.Place}: {string.Join(" ", app.Urls)}");
await app.WaitForShutdownAsync();
return 0;
