namespace AspireElection.Workers.Settings;

/// <summary>What Aspire calls this replica; it stands in the telemetry's resource attributes.</summary>
internal static class NodeInstance
{
    /// <summary>Null where nobody named the instance, or by a name that cannot be part of a node's.</summary>
    public static string? Id(string? resourceAttributes)
    {
        foreach (var attribute in (resourceAttributes ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = attribute.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is ["service.instance.id", var value] && ElectionOptionsValidator.IsName(Uri.UnescapeDataString(value)))
                return Uri.UnescapeDataString(value);
        }

        return null;
    }
}
