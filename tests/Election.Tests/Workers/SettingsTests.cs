using AspireElection.Workers.Settings;

namespace AspireElection.Workers;

/// <summary>What a worker is told, and in which words it refuses.</summary>
public sealed class SettingsTests
{
    private const string Names = "1 to 128 characters of A-Z a-z 0-9 . _ -";
    private const string Durations = "a duration up to 24 hours such as 500ms, 15s, 1m or 00:01:30";
    private const string Stores = "redis, postgres, etcd, file, quorum, memory";

    public static TheoryData<string, string> WrongFlags => new()
    {
        { "--node-id a/b", $"--node-id is 'a/b'; allowed: {Names}" },
        { "--lock-name=ä", $"--lock-name is 'ä'; allowed: {Names}" },
        { "--priority 1.5", "--priority is '1.5'; allowed: a whole number from -2147483648 to 2147483647" },
        { "--lease-duration 10", $"--lease-duration is '10'; allowed: {Durations}" },
        { "--lease-duration -1s", $"--lease-duration is '-1s'; allowed: {Durations}" },
        { "--lease-duration 24:00:01", $"--lease-duration is '24:00:01'; allowed: {Durations}" },
        { "--lease-duration 1500m", $"--lease-duration is '1500m'; allowed: {Durations}" },
        { "--lease-duration 00:61:00", $"--lease-duration is '00:61:00'; allowed: {Durations}" },
        { "--lease-duration 99ms", "--lease-duration is '99ms'; allowed: at least 100ms" },
        { "--margin 10s", "--margin is '10s'; allowed: from 0 to below the lease duration of 10s" },
        { "--renew-period 5s", "--renew-period is '5s'; allowed: above 0, at most 4.5s: half of the lease duration minus the margin" },
        { "--renew-period 0s", "--renew-period is '0s'; allowed: above 0, at most 4.5s: half of the lease duration minus the margin" },
        { "--margin 4s", "--renew-period (by default) is 3.333s; allowed: above 0, at most 3s: half of the lease duration minus the margin" },
        { "--retry-period 10s", "--retry-period is '10s'; allowed: above 0, below the lease duration of 10s" },
        { "--node-timeout 10s", "--node-timeout is '10s'; allowed: above the lease duration of 10s" },
        { "--drain-limit soon", $"--drain-limit is 'soon'; allowed: {Durations}" },
        { "--observer yes", "--observer is 'yes'; allowed: true or false" },
        { "--status-line 1", "--status-line is '1'; allowed: true or false" },
        { "--port 65536", "--port is '65536'; allowed: 0 to 65535, 0 for any free one" },
        { "--urls https://127.0.0.1:1", "--urls is 'https://127.0.0.1:1'; allowed: http://ADDRESS:PORT, several separated by ';'" },
        { "--urls http://example.org:80", "--urls is 'http://example.org:80'; allowed: http://ADDRESS:PORT, several separated by ';'" },
        { "--urls http://127.0.0.1:80/x", "--urls is 'http://127.0.0.1:80/x'; allowed: http://ADDRESS:PORT, several separated by ';'" },
        { "--port 1 --urls http://127.0.0.1:2", "--port is '1' together with --urls; allowed: one of them" },
        { "--store mongo", $"--store is 'mongo'; allowed in this version: {Stores}" },
        { "--store etcd", "--store is 'etcd' without its address; allowed: with ConnectionStrings__etcd, such as http://localhost:2379" },
        { "--store redis", "--store is 'redis' without its address; allowed: with ConnectionStrings__redis, such as localhost:6379" },
        { "--store postgres", "--store is 'postgres' without its address; allowed: with DATABASE_URL or ConnectionStrings__postgres" },
        { "--peers a=http://h:1,a=http://h:2", "--peers is 'a=http://h:1,a=http://h:2'; allowed: id=http://host:port items, comma separated, each id and each address once" },
        { "--peers a=http://h:1,b=http://H:1/", "--peers is 'a=http://h:1,b=http://H:1/'; allowed: id=http://host:port items, comma separated, each id and each address once" },
        { "--peers a=http://h:1 --initial-leader b", "--initial-leader is 'b'; allowed: ids of --peers, comma separated" },
        { "--store quorum --peers host=http://127.0.0.1:1 --node-id host", "ELECTION_CLUSTER_KEY is not given; allowed with --store quorum: a secret of at least 16 characters, the same on every node" },
        { "--peers a=http://h:1/x", "--peers is 'a=http://h:1/x'; allowed: id=http://host:port items, comma separated, each id and each address once" },
        { "--peers a=https://h:1", "--peers is 'a=https://h:1'; allowed: id=http://host:port items, comma separated, each id and each address once" },
        { "--priority 1 --priority=2", "--priority is given twice, again as '2'; allowed: once" },
        { "--priority 1 --priority", "--priority is given twice; allowed: once" },
        { "--peers a=http://h:1 --peers a=http://u:geheim@h:2", "--peers is given twice; allowed: once" },
        { "--priority --store file", "--priority has no value; allowed: a whole number, higher is preferred" },
        { "--priority", "--priority has no value; allowed: a whole number, higher is preferred" },
        { "--priority=", "--priority is empty; allowed: a whole number, higher is preferred" },
    };

    [Theory]
    [MemberData(nameof(WrongFlags))]
    public void A_wrong_flag_is_named_with_its_value_and_with_what_is_allowed(string flags, string line) =>
        Assert.Equal([line], Read(flags).Problems);

    [Theory]
    [InlineData("--nope")]
    [InlineData("--nope 3")]
    [InlineData("--nope=3")]
    [InlineData("nope")]
    [InlineData("-x")]
    public void An_unknown_flag_is_a_wrong_value(string flags) =>
        Assert.StartsWith($"{flags.Split(' ', '=')[0]} is no flag; allowed: --store --node-id ", Assert.Single(Read(flags).Problems), StringComparison.Ordinal);

    [Fact]
    public void A_wrong_variable_is_named_as_the_user_knows_it() => Assert.Equal(
        ["NODE_PRIORITY is 'x'; allowed: a whole number from -2147483648 to 2147483647", "LOCK_NAME is 'a b'; allowed: " + Names],
        Read("", ("NODE_PRIORITY", "x"), ("LOCK_NAME", "a b")).Problems);

    [Fact]
    public void All_wrong_values_are_told_at_once() =>
        Assert.Equal(4, Read("--store x --priority y --observer z --port q").Problems.Count);

    [Fact]
    public void Two_addresses_need_a_choice()
    {
        var addresses = new[] { ("ConnectionStrings__redis", "localhost:6379"), ("DATABASE_URL", "postgres://localhost/db") };
        Assert.Equal(
            [$"--store is not given, and there are ConnectionStrings__redis and DATABASE_URL; allowed: one of {Stores}"],
            Read("", addresses).Problems);
        var chosen = Read("--store file", addresses).Settings!;
        Assert.Equal("file", chosen.Store.Kind);
        Assert.Equal("localhost:6379,abortConnect=false", chosen.Store.Addresses.Redis);
        Assert.NotNull(chosen.Store.Addresses.Postgres);
    }

    [Theory]
    [InlineData("", "", "file")]
    [InlineData("ConnectionStrings__redis", "localhost:6379", "redis")]
    [InlineData("ConnectionStrings__postgres", "Host=localhost;Username=u", "postgres")]
    [InlineData("DATABASE_URL", "postgres://u@localhost/db", "postgres")]
    public void The_one_address_chooses_the_store(string variable, string value, string store) =>
        Assert.Equal(store, Read("", (variable, value)).Settings!.Store.Kind);

    [Theory]
    [InlineData("DATABASE_URL", "postgres://u:geheim1234567890@host:99999/db")]
    [InlineData("DATABASE_URL", "host=h password=geheim1234567890 colour=red")]
    [InlineData("ConnectionStrings__postgres", "Host=h;Password=geheim1234567890;Colour=red")]
    [InlineData("ConnectionStrings__redis", "host:6379,password=geheim1234567890,colour=red")]
    [InlineData("ELECTION_ADMIN_TOKEN", "geheim123456789")]
    [InlineData("ELECTION_CLUSTER_KEY", "geheim123456789")]
    public void A_wrong_secret_is_named_and_not_shown(string variable, string value)
    {
        var line = Assert.Single(Read("", (variable, value)).Problems);
        Assert.StartsWith(variable, line, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(" 0123456789abcdef")]
    [InlineData("0123456789abcdef ")]
    [InlineData("0123456789abcdef\r")]
    public void A_token_that_no_header_can_carry_is_a_wrong_value(string token) => Assert.Equal(
        ["ELECTION_ADMIN_TOKEN begins or ends with a blank; allowed: blanks only within"], Read("", ("ELECTION_ADMIN_TOKEN", token)).Problems);

    [Fact]
    public void A_token_may_have_blanks_within() =>
        Assert.Equal("0123456789 abcdef", Read("", ("ELECTION_ADMIN_TOKEN", "0123456789 abcdef")).Settings!.AdminToken);

    [Fact]
    public void Flags_win_over_the_environment_and_that_over_appsettings()
    {
        Assert.Equal(3, Priority("--priority 3", "2", "1"));
        Assert.Equal(2, Priority("", "2", "1"));
        Assert.Equal(1, Priority("", "", "1"));
        Assert.Equal(0, Priority("", "", null));

        static int Priority(string flags, string variable, string? appSetting) => SettingsReader.Read(
            flags.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            name => name == "NODE_PRIORITY" ? variable : null,
            key => key == "NODE_PRIORITY" ? appSetting : null).Settings!.Election.Priority;
    }

    [Fact]
    public void Negative_numbers_are_values_and_no_flags() => Assert.Equal(-5, Read("--priority -5").Settings!.Election.Priority);

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("15s", 15_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1m", 60_000)]
    [InlineData("01:02:03", 3_723_000)]
    [InlineData("24:00:00", 86_400_000)]
    [InlineData("1440m", 86_400_000)]
    public void Durations_have_these_forms(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Read($"--lease-duration {text}").Settings!.Election.LeaseDuration);

    [Fact]
    public void The_longest_duration_is_that_of_the_library() =>
        Assert.Equal(ElectionOptionsValidator.LongestDuration, DurationText.Parse("24:00:00"));

    [Theory]
    [InlineData("", "", "http://127.0.0.1:0")]
    [InlineData("--port 81", "", "http://127.0.0.1:81")]
    [InlineData("--urls http://0.0.0.0:81", "", "http://0.0.0.0:81")]
    [InlineData("--urls http://+:81", "", "http://+:81")]
    [InlineData("--urls http://localhost:0", "", "http://127.0.0.1:0")]
    [InlineData("--port 81", "http://127.0.0.1:82", "http://127.0.0.1:81")]
    [InlineData("", "http://127.0.0.1:82;http://[::1]:83", "http://127.0.0.1:82;http://[::1]:83")]
    public void Http_listens_where_it_is_told(string flags, string variable, string urls) =>
        Assert.Equal(urls, Read(flags, ("ASPNETCORE_URLS", variable)).Settings!.Urls);

    // What is overruled is not looked at, like a variable under a flag: such a PORT is what an older Docker link leaves behind.
    [Theory]
    [InlineData("81")]
    [InlineData("tcp://10.0.0.1:80")]
    public void An_inherited_port_does_not_win_over_the_address_that_aspire_gives(string port) =>
        Assert.Equal("http://127.0.0.1:82", Read("", ("PORT", port), ("ASPNETCORE_URLS", "http://127.0.0.1:82")).Settings!.Urls);

    [Fact]
    public void Under_aspire_the_node_is_the_host_and_the_instance()
    {
        var election = Read("", ("OTEL_RESOURCE_ATTRIBUTES", "a=b, service.instance.id=kqxzvbnm")).Settings!.Election;
        Assert.Equal($"{Environment.MachineName}-kqxzvbnm", election.NodeId);
        Assert.Equal("kqxzvbnm", election.InstanceId);
        Assert.Equal(Environment.MachineName, Read("").Settings!.Election.NodeId);
    }

    [Theory]
    [InlineData("--node-id d", "--node-id is 'd'; allowed: one of the peers, a, b")]
    [InlineData("--node-id a --port 7109", "--port is '7109'; allowed: port 7101, that of a in --peers, or leave it out", "http://127.0.0.1:7101")]
    [InlineData("--node-id a --port 7109", "--port is '7109'; allowed: port 7101, that of a in --peers, or leave it out")]
    [InlineData("--node-id a --urls http://127.0.0.1:7102", "--urls is 'http://127.0.0.1:7102'; allowed: port 7101, that of a in --peers, or leave it out")]
    public void A_peer_is_one_of_the_list_and_listens_where_the_list_says(string flags, string line, string urls = "") => Assert.Equal([line], Read(
        $"--store quorum --peers a=http://127.0.0.1:7101,b=http://127.0.0.1:7102 {flags}",
        ("ELECTION_CLUSTER_KEY", "0123456789abcdef"), ("ASPNETCORE_URLS", urls)).Problems);

    [Theory]
    [InlineData("--node-id b", "b", "http://127.0.0.1:7102", false)]
    [InlineData("--node-id b --port 7102", "b", "http://127.0.0.1:7102", false)]
    [InlineData("--node-id c", "c", "http://*:7103", false)]
    [InlineData("", null, "http://127.0.0.1:0", true)]
    public void A_peer_without_an_address_listens_on_its_own_and_one_without_a_name_takes_a_free_one(string flags, string? node, string urls, bool claims)
    {
        var settings = Read(
            $"--store quorum --peers a=http://127.0.0.1:7101,b=http://127.0.0.1:7102,c=http://peer-c:7103 --initial-leader a,b {flags}",
            ("ELECTION_CLUSTER_KEY", "0123456789abcdef")).Settings!;
        Assert.Equal(claims, settings.ClaimsPeer);
        Assert.Equal(urls, settings.Urls);
        if (node is not null)
            Assert.Equal(node, settings.Election.NodeId);
        Assert.Equal(["a", "b"], settings.Quorum!.Cluster.InitialLeaders);
    }

    [Fact]
    public void Help_names_every_setting()
    {
        Assert.True(Read("--help --nope").Help);
        Assert.All(SettingsTable.All, s => Assert.Contains(s.Flag ?? s.Variable, SettingsTable.Help(), StringComparison.Ordinal));
    }

    private static (WorkerSettings? Settings, IReadOnlyList<string> Problems, bool Help) Read(
        string flags, params (string Name, string Value)[] environment) => SettingsReader.Read(
        flags.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        name => environment.FirstOrDefault(e => e.Name == name).Value,
        _ => null);
}
