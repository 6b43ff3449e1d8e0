using AspireElection.ServiceDefaults.Settings;
using AspireElection.Stores.Etcd;
using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>The addresses of servers; never shown, because they hold passwords. No record: the text of one would show them.</summary>
internal sealed class ConnectionStrings(
    string? redis, string? postgres, EtcdOptions? etcd, GivenValue? redisFrom, GivenValue? postgresFrom, GivenValue? etcdFrom)
{
    public string? Redis => redis;

    public string? Postgres => postgres;

    public EtcdOptions? Etcd => etcd;

    public GivenValue? RedisFrom => redisFrom;

    public GivenValue? PostgresFrom => postgresFrom;

    public GivenValue? EtcdFrom => etcdFrom;

    public static ConnectionStrings Read(GivenValues given, List<string> problems)
    {
        var redis = given[SharedSettings.Redis];
        var postgres = given[SharedSettings.Postgres] ?? given[SharedSettings.Database];
        var etcd = given[SharedSettings.Etcd];
        return new ConnectionStrings(
            redis is null ? null : ReadRedis(redis, problems),
            postgres is null ? null : ReadPostgres(postgres, problems),
            etcd is null ? null : ReadEtcd(etcd, problems),
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

    private static EtcdOptions? ReadEtcd(GivenValue given, List<string> problems)
    {
        try
        {
            var options = EtcdOptions.Parse(given.Text);
            foreach (var (name, file) in ((string, string?)[])[("CaFile", options.CaFile), ("CertificateFile", options.CertificateFile), ("KeyFile", options.KeyFile)])
            {
                if (file is not null && !File.Exists(file))
                    problems.Add($"{given.Source} names the {name} '{file}'; allowed: a PEM file that is there");
            }

            return options;
        }
        catch (FormatException)
        {
            problems.Add($"{given.Source} is {NotShown}; allowed: http://host:2379, several separated by commas, ;Username=…;Password=…");
            return null;
        }
    }
}
