using System.Globalization;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Offline.Wire;
using Google.Protobuf.WellKnownTypes;
using Health = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;
using Resource = Aspire.Hosting.Offline.Wire.Resource;

namespace Aspire.Hosting.Offline;

/// <summary>What the dashboard is shown of one instance: its state, and what the control plane says of its process.</summary>
internal static class ResourcePicture
{
    public static async Task<Resource> DrawAsync(ResourceEvent instance, IServiceProvider services, CancellationToken cancellationToken)
    {
        var (resource, now) = (instance.Resource, instance.Snapshot);
        var status = now.Executable?["status"];
        var picture = new Resource
        {
            Name = instance.ResourceId,
            Uid = instance.ResourceId,
            ResourceType = now.ResourceType,
            DisplayName = resource.Name,
            State = now.State?.Text ?? "",
            CreatedAt = Timestamp.FromDateTime(now.Created),
            StartedAt = Time(status, "startupTimestamp"),
            StoppedAt = Time(status, "finishTimestamp"),
        };
        picture.Environment.Add(Environment(now.Executable));
        picture.Urls.Add(Urls(resource, LifeCycle.IsUp(now.State?.Text)));
        picture.HealthReports.Add(resource.Annotations.OfType<HealthCheckAnnotation>().Select(c => Report(c.Key, now)));
        picture.Relationships.Add(resource.Annotations.OfType<WaitAnnotation>().Select(w => Relation(w.Dependency, "WaitFor")));
        picture.Relationships.Add(resource.Annotations.OfType<ReferenceAnnotation>().Select(r => Relation(r.Target, "Reference")));
        picture.Commands.Add(resource.Annotations.OfType<ResourceCommandAnnotation>().Select(c => Command(c, now, services)));

        Add("resource.displayName", resource.Name, "Display name");
        Add("resource.state", now.State?.Text, "State");
        Add("resource.healthState", now.HealthStatus?.ToString(), "Health state");
        Add("resource.startTime", picture.StartedAt?.ToDateTime().ToString("O", CultureInfo.InvariantCulture), "Start time");
        Add("resource.stopTime", picture.StoppedAt?.ToDateTime().ToString("O", CultureInfo.InvariantCulture), "Stop time");
        Add("resource.exitCode", now.ExitCode?.ToString(CultureInfo.InvariantCulture), "Exit code");
        if (resource is IResourceWithConnectionString connection)
        {
            Add("resource.connectionString", await connection.GetConnectionStringAsync(cancellationToken), "Connection string", sensitive: true);
        }

        var spec = now.Executable?["spec"];
        Add("project.path", resource.Annotations.OfType<ProjectAnnotation>().LastOrDefault()?.Metadata.ProjectPath, "Project path");
        Add("executable.pid", (double?)status?["pid"], "Process ID");
        Add("executable.path", (string?)spec?["executablePath"], "Executable path");
        Add("executable.workDir", (string?)spec?["workingDirectory"], "Working directory");
        // Masked, as Aspire does; but the dashboard's list shows them, so one that may be a secret's value keeps them all back.
        Add("executable.args", HasComputedArguments(resource) ? null : status?["effectiveArgs"] as JsonArray, "Arguments", sensitive: true);
        picture.Properties.Add(now.Properties.Select(p => new ResourceProperty
        {
            Name = p.Name,
            DisplayName = p.DisplayName ?? p.Name,
            Value = ToValue(p.Value),
            IsSensitive = p.IsSensitive,
            IsHighlighted = p.IsHighlighted,
        }));
        return picture;

        void Add(string name, object? value, string? title = null, bool sensitive = false)
        {
            if (value is not null)
            {
                var property = new ResourceProperty { Name = name, Value = ToValue(value), IsSensitive = sensitive, IsHighlighted = title is not null };
                property.DisplayName = title ?? property.DisplayName;
                picture.Properties.Add(property);
            }
        }
    }

    /// <summary>What the topology sets, with the values that the process got. What it inherits is the user's own and is not shown.</summary>
    private static IEnumerable<EnvironmentVariable> Environment(JsonObject? executable)
    {
        var set = Variables(executable?["spec"]?["env"]).ToDictionary();
        var effective = Variables(executable?["status"]?["effectiveEnv"]).Where(v => set.ContainsKey(v.Key)).ToDictionary();
        return set.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new EnvironmentVariable
        {
            Name = v.Key,
            Value = effective.GetValueOrDefault(v.Key, v.Value),
            IsFromSpec = true,
        });
    }

    private static IEnumerable<KeyValuePair<string, string>> Variables(JsonNode? list) =>
        (list as JsonArray ?? []).Select(v => KeyValuePair.Create((string)v!["name"]!, (string?)v["value"] ?? ""));

    private static bool HasComputedArguments(IResource resource)
    {
        var context = new CommandLineArgsCallbackContext();
        foreach (var annotation in resource.Annotations.OfType<ArgsAnnotation>()) annotation.Callback(context);
        return context.Args.Any(a => a is IValueProvider);
    }

    private static IEnumerable<Url> Urls(IResource resource, bool active)
    {
        var endpoints = resource is IResourceWithEndpoints owner ? owner.GetEndpoints() : [];
        foreach (var endpoint in endpoints.Where(e => e.IsAllocated))
        {
            var url = new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint };
            var callbacks = resource.Annotations.OfType<UrlCallbackAnnotation>().Where(u => u.Endpoint == endpoint.EndpointName);
            foreach (var named in callbacks) named.Callback(url);

            yield return new Url
            {
                EndpointName = endpoint.EndpointName,
                // A callback may give a path alone.
                FullUrl = new Uri(new Uri(endpoint.Url), url.Url).ToString(),
                IsInactive = !active,
                DisplayProperties = new UrlDisplayProperties { DisplayName = url.DisplayText ?? "" },
            };
        }
    }

    private static HealthReport Report(string key, CustomResourceSnapshot now)
    {
        var check = now.Checks.FirstOrDefault(c => c.Key == key);
        var report = new HealthReport { Key = key, Description = check.Description ?? "" };
        if (check.Key is not null)
        {
            report.Status = check.Status switch
            {
                Health.Healthy => HealthStatus.Healthy,
                Health.Degraded => HealthStatus.Degraded,
                _ => HealthStatus.Unhealthy,
            };
        }

        return report;
    }

    private static ResourceRelationship Relation(IResource target, string type) => new() { ResourceName = target.Name, Type = type };

    private static ResourceCommand Command(ResourceCommandAnnotation command, CustomResourceSnapshot now, IServiceProvider services) => new()
    {
        Name = command.Name,
        DisplayName = command.DisplayName,
        DisplayDescription = command.Options.Description ?? "",
        ConfirmationMessage = command.Options.ConfirmationMessage ?? "",
        IconName = command.Options.IconName ?? "",
        IsHighlighted = command.Options.IsHighlighted,
        State = (Wire.ResourceCommandState)(command.Options.UpdateState?.Invoke(new() { ResourceSnapshot = now, Services = services }) ?? default),
    };

    private static Timestamp? Time(JsonNode? status, string name) =>
        DateTimeOffset.TryParse((string?)status?[name], CultureInfo.InvariantCulture, out var time) ? Timestamp.FromDateTimeOffset(time) : null;

    private static Value ToValue(object? value) => value switch
    {
        null => Value.ForNull(),
        bool flag => Value.ForBool(flag),
        int or long or double => Value.ForNumber(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        JsonArray list => Value.ForList([.. list.Select(v => ToValue((string?)v))]),
        _ => Value.ForString(Convert.ToString(value, CultureInfo.InvariantCulture)),
    };
}
