using AspireElection.Hosting;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Tests.Core;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>Elections in etcd as a user adds them to a host.</summary>
public sealed class UseEtcdTests(EtcdServer server) : EtcdTests(server)
{
    [Fact]
    public Task Hosts_that_name_its_address_follow_each_other() => TwoHosts.FollowEachOtherAsync(election => election.UseEtcd(Server.ConnectionString));

    [Fact]
    public void An_address_that_cannot_be_read_is_told_where_it_is_written()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        var wrong = Assert.Throws<FormatException>(() => builder.AddElection("jobs").UseEtcd("etcd:2379;Password=geheim"));
        Assert.DoesNotContain("geheim", wrong.Message, StringComparison.Ordinal);
    }
}
