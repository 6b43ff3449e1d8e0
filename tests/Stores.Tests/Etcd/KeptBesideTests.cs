using System.Text.Json;
using AspireElection.Stores.Etcd;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>When a keep-alive proves something that was sent beside a write, not after it.</summary>
public sealed class KeptBesideTests
{
    private const string Written = """{"header":{"member_id":"18446744073709551615","revision":"7","raft_term":"5"},"succeeded":true}""";

    [Theory]
    [InlineData("18446744073709551615", "5", "2", 0, true)]
    [InlineData("18446744073709551615", "6", "2", 0, true)]
    // A member that was etcd's leader and is stuck may answer of itself what the others do not know.
    [InlineData("18446744073709551615", "4", "2", 0, false)]
    [InlineData("1", "5", "2", 0, false)]
    [InlineData("18446744073709551615", "5", "2", 1, false)]
    [InlineData("18446744073709551615", "5", "0", 0, false)]
    public Task A_keep_alive_beside_a_write_counts_where_its_member_was_not_behind(string member, string term, string time, int endpoint, bool counts)
    {
        var kept = Of($$"""{"header":{"member_id":"{{member}}","raft_term":"{{term}}"},"ID":"1","TTL":"{{time}}"}""", endpoint);
        Assert.Equal(counts, kept.WasKeptBeside(Of(Written, 0)));
        return Task.CompletedTask;
    }

    [Fact]
    public void Without_a_term_in_its_head_an_answer_proves_nothing() =>
        Assert.False(Of("""{"ID":"1","TTL":"2"}""", 0).WasKeptBeside(Of("""{"succeeded":true}""", 0)));

    private static Answer Of(string json, int member)
    {
        using var document = JsonDocument.Parse(json);
        return new Answer(document.RootElement.Clone(), 0, member);
    }
}
