using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AspireElection.Stores.Etcd;

/// <summary>A key as the server shows it.</summary>
internal readonly record struct KeyValue(string Key, string Value, long Created, long Modified)
{
    public static KeyValue Parse(JsonElement json) =>
        new(Text(json, "key"), Text(json, "value"), Whole(json, "create_revision"), Whole(json, "mod_revision"));

    public static List<KeyValue> ParseAll(JsonElement range) =>
        range.TryGetProperty("kvs", out var all) ? [.. all.EnumerateArray().Select(Parse)] : [];

    /// <summary>The gateway writes 64-bit numbers as strings and leaves zeros out.</summary>
    public static long Whole(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out var value))
            return 0;
        return value.ValueKind == JsonValueKind.String
            ? long.Parse(value.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : value.GetInt64();
    }

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? Encoding.UTF8.GetString(Convert.FromBase64String(value.GetString()!)) : string.Empty;
}
