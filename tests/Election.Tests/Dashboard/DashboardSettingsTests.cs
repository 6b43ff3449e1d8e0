using AspireElection.Stores.Files;

namespace AspireElection.Dashboard;

/// <summary>What the dashboard is told, and in which words it refuses.</summary>
public sealed class DashboardSettingsTests
{
    private const string Names = "names of elections, each 1 to 128 characters of A-Z a-z 0-9 . _ -, several separated by commas";

    [Theory]
    [InlineData("--store memory", "--store is 'memory'; allowed in this version: redis, postgres, etcd, file, quorum")]
    [InlineData("--lock-name a,b/c", $"--lock-name is 'b/c'; allowed: {Names}")]
    [InlineData("--lock-name", $"--lock-name has no value; allowed: {Names}")]
    [InlineData("--urls http://0.0.0.0:81", "--urls is 'http://0.0.0.0:81'; allowed: localhost, 127.0.0.1 or [::1] alone, such as http://127.0.0.1:5080")]
    [InlineData("--urls http://+:80", "--urls is 'http://+:80'; allowed: localhost, 127.0.0.1 or [::1] alone, such as http://127.0.0.1:5080")]
    [InlineData("--urls http://localhost:81;http://127.0.0.2:81", "--urls is 'http://127.0.0.2:81'; allowed: localhost, 127.0.0.1 or [::1] alone, such as http://127.0.0.1:5080")]
    [InlineData("--port 65536", "--port is '65536'; allowed: 0 to 65535, 0 for any free one")]
    [InlineData("--node-id a", "--node-id is no flag; allowed: --store --lock-name --lock-dir --port --urls --peers --initial-leader")]
    public void A_wrong_flag_is_named_with_its_value_and_with_what_is_allowed(string flags, string line) =>
        Assert.Equal([line], Read(flags).Problems);

    [Theory]
    [InlineData("ConnectionStrings__redis", "host:6379,password=geheim", "redis", "redis at host:6379")]
    [InlineData("DATABASE_URL", "postgres://u:geheim@[::1]:6543/db", "postgres", "postgres at ::1:6543, database db")]
    [InlineData("PORT", "81", "file", "file in DEFAULT")]
    public void The_place_is_told_without_a_password(string variable, string value, string kind, string place)
    {
        var settings = Read("--lock-name a,b,a", (variable, value)).Settings!;
        Assert.Equal(kind, settings.Store.Kind);
        Assert.Equal(place.Replace("DEFAULT", FileStore.DefaultFolder, StringComparison.Ordinal), settings.Store.Place);
        Assert.Equal(["a", "b"], settings.Elections);
        // A PORT of the shell is a worker's.
        Assert.Equal("http://127.0.0.1:0", settings.Urls);
    }

    [Fact]
    public void A_short_token_is_refused_without_being_shown()
    {
        var (settings, problems) = Read("", ("DASHBOARD_ADMIN_TOKEN", "geheim"), ("ELECTION_ADMIN_TOKEN", "auch geheim"));
        Assert.Null(settings);
        Assert.Equal(
            ["DASHBOARD_ADMIN_TOKEN has 6 characters; allowed: at least 16", "ELECTION_ADMIN_TOKEN has 11 characters; allowed: at least 16"], problems);
    }

    [Fact]
    public void A_token_of_the_workers_that_no_header_can_carry_is_refused() => Assert.Equal(
        ["ELECTION_ADMIN_TOKEN begins or ends with a blank; allowed: blanks only within"],
        Read("", ("DASHBOARD_ADMIN_TOKEN", " a page token of some length"), ("ELECTION_ADMIN_TOKEN", "a worker token of length ")).Problems);

    [Fact]
    public void Settings_as_text_show_no_token()
    {
        var settings = Read("", ("DASHBOARD_ADMIN_TOKEN", "a page token of some length"), ("ELECTION_ADMIN_TOKEN", "a worker token of length")).Settings!;
        Assert.Empty(settings.Admin.Missing);
        Assert.DoesNotContain("of some length", settings.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("token of", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_asks_for_help_is_told_no_problems()
    {
        var (settings, problems) = Read("--help --nope");
        Assert.Null(settings);
        Assert.Empty(problems);
        Assert.Contains("--lock-dir", DashboardSettings.Help, StringComparison.Ordinal);
    }

    private static (DashboardSettings? Settings, IReadOnlyList<string> Problems) Read(string flags, params (string Name, string Value)[] environment)
    {
        var problems = new List<string>();
        var settings = DashboardSettings.Read(
            flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => environment.FirstOrDefault(e => e.Name == name).Value, problems);
        return (settings, problems);
    }
}
