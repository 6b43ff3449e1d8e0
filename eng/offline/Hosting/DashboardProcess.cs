using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Offline;

/// <summary>The real Aspire dashboard as one more executable: the resources, and logs, traces and metrics of everything that runs.</summary>
internal static class DashboardProcess
{
    public static ExecutableResource Resource(string path, IConfiguration configuration, ResourceService resources)
    {
        var dashboard = new ExecutableResource("aspire-dashboard", path, Path.GetDirectoryName(path)!);
        dashboard.Annotations.Add(new ArgsAnnotation(c => c.Args.Add("dashboard")));
        dashboard.Annotations.Add(new EnvironmentAnnotation(c =>
        {
            var anonymous = IsAnonymous(configuration);
            var environment = c.EnvironmentVariables;
            environment["ASPNETCORE_ENVIRONMENT"] = "Production";
            Pass("ASPNETCORE_URLS", "http://localhost:18888");
            Pass("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:18889");
            environment["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = resources.Address;
            environment["DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE"] = "ApiKey";
            environment["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"] = resources.Key;
            environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
            environment["DASHBOARD__FRONTEND__AUTHMODE"] = anonymous ? "Unsecured" : "BrowserToken";
            environment["DASHBOARD__OTLP__AUTHMODE"] = anonymous ? "Unsecured" : "ApiKey";
            environment["DASHBOARD__API__ENABLED"] = "true";
            environment["DASHBOARD__API__AUTHMODE"] = anonymous ? "Unsecured" : "ApiKey";
            if (!anonymous)
            {
                environment["DASHBOARD__FRONTEND__BROWSERTOKEN"] = configuration["AppHost:BrowserToken"]!;
                environment["DASHBOARD__OTLP__PRIMARYAPIKEY"] = configuration["AppHost:OtlpApiKey"]!;
                environment["DASHBOARD__API__PRIMARYAPIKEY"] = configuration["AppHost:OtlpApiKey"]!;
            }

            void Pass(string name, string otherwise) => environment[name] = configuration[name] ?? otherwise;
        }));
        return dashboard;
    }

    public static bool IsAnonymous(IConfiguration configuration) =>
        bool.TryParse(configuration["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"], out var anonymous) && anonymous;
}
