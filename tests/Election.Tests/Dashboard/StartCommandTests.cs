using AspireElection.Dashboard.Words;
using AspireElection.Workers.Settings;

namespace AspireElection.Dashboard;

/// <summary>The command of an empty page is one that a worker understands.</summary>
public sealed class StartCommandTests
{
    private const string Prefix = "dotnet run --project Workers -- ";

    [Theory]
    [InlineData("--lock-dir /tmp/a'b", "", "--node-id node-1 --store file --lock-dir '/tmp/a'\\''b'")]
    [InlineData("--lock-name a,b --lock-dir /tmp/a", "", "--node-id node-1 --lock-name a --store file --lock-dir /tmp/a")]
    [InlineData("", "ConnectionStrings__redis=h:1,password=geheim", "--node-id node-1 --store redis   # with ConnectionStrings__redis set as for this dashboard")]
    [InlineData("", "ConnectionStrings__etcd=http://h:1", "--node-id node-1 --store etcd   # with ConnectionStrings__etcd set as for this dashboard")]
    [InlineData("", "DATABASE_URL=postgres://u:geheim@h/d", "--node-id node-1 --store postgres   # with DATABASE_URL set as for this dashboard")]
    [InlineData("--store quorum --peers a=http://127.0.0.1:7101,b=http://127.0.0.1:7102", "ELECTION_CLUSTER_KEY=geheim geheim geheim",
        "--node-id a --store quorum --peers a=http://127.0.0.1:7101,b=http://127.0.0.1:7102   # with ELECTION_CLUSTER_KEY set as for this dashboard, and most of the peers have to run")]
    public void It_names_the_dashboards_own_store(string flags, string variable, string command)
    {
        var environment = variable.Split('=', 2);
        var problems = new List<string>();
        var settings = DashboardSettings.Read(
            flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => name == environment[0] ? environment[1] : null, problems);
        Assert.Empty(problems);
        var told = StartCommand.Of(settings!, settings!.Elections[0]);
        Assert.Equal(Prefix + command, told);

        var words = told[Prefix.Length..].Split('#')[0].Replace("'\\''", "\u0001", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal)
            .Replace('\u0001', '\'').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(SettingsReader.Read(words, name => name == environment[0] ? environment[1] : null, _ => null).Problems);
    }
}
