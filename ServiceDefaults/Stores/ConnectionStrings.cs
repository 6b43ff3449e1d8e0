using AspireElection.ServiceDefaults.Settings;
using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>The addresses of servers; never shown, because they hold passwords.</summary>
internal sealed record ConnectionStrings(string? Redis, string? Postgres, GivenValue? RedisFrom, GivenValue? PostgresFrom, GivenValue? EtcdFrom)
{
    public static ConnectionStrings Read(GivenValues given, List<string> problems)
    {
        var redis = given[SharedSettings.Redis];
        var postgres = given[SharedSettings.Postgres] ?? given[SharedSettings.Database];
        var etcd = given[SharedSettings.Etcd];
        if (etcd is not null && !etcd.Text.Split(',').All(IsHttp))
            problems.Add($"{etcd.Source} is {NotShown}; allowed: http://host:2379, several separated by commas");
        return new ConnectionStrings(
            redis is null ? null : ReadRedis(redis, problems),
            postgres is null ? null : ReadPostgres(postgres, problems),
            redis,
            postgres,
            etcd);
    }

    private const string NotShown = "wrong (not shown, it may hold a password)";

    private static string? ReadRedis(GivenValue given, List<string> problems)
    {
        try
        {
            if (ConfigurationOptions.Parse(given.Text).EndPoints.Count > 0)
            {
                // Without it the client gives up for good when the server is away at the start.
                return given.Text.Contains("abortConnect", StringComparison.OrdinalIgnoreCase)
                    ? given.Text
                    : given.Text + ",abortConnect=false";
            }
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            // The client's own words may repeat the password; the line below says what is allowed instead.
        }

        problems.Add($"{given.Source} is {NotShown}; allowed: host:6379,password=…,ssl=false");
        return null;
    }

    private static string? ReadPostgres(GivenValue given, List<string> problems)
    {
        if (DatabaseUrl.Parse(given.Text) is { } settings)
            return settings;
        problems.Add($"{given.Source} is {NotShown}; allowed: {DatabaseUrl.Allowed}");
        return null;
    }

    private static bool IsHttp(string text) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
