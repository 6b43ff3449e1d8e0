using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AspireElection.AppHost;

namespace AspireElection.Topology.Tests;

/// <summary>What the commands of a replica send to the address that the store names, and for how long they pause.</summary>
public sealed class ReplicaDrillTests
{
    private const string Token = "the workers' own token";

    [Theory]
    [InlineData("[]", "answers another than n1: nothing was sent")]
    [InlineData("""[{"election":"e","nodeId":"n1","instanceId":"bbbbbbbb"}]""", "answers another than n1: nothing was sent")]
    [InlineData("""[{"election":"another","nodeId":"n1","instanceId":"aaaaaaaa"}]""", "answers another than n1: nothing was sent")]
    [InlineData("[null]", "answers another than n1: nothing was sent")]
    [InlineData("Welcome!", "is no worker: nothing was sent")]
    public async Task A_port_that_somebody_else_has_by_now_is_not_told_the_token(string answer, string problem)
    {
        using var port = new HearingPort(answer);
        Assert.EndsWith(problem, await ResignAsync(port), StringComparison.Ordinal);
        Assert.StartsWith("GET /election ", Assert.Single(port.Heard), StringComparison.Ordinal);
        Assert.DoesNotContain(port.Heard, h => h.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_replica_itself_is_asked_who_it_is_and_then_told()
    {
        using var port = new HearingPort("""[{"election":"e","nodeId":"n1","instanceId":"aaaaaaaa","role":"leader"}]""");
        Assert.Null(await ResignAsync(port));
        Assert.Collection(
            port.Heard,
            h => Assert.DoesNotContain(Token, h, StringComparison.Ordinal),
            h =>
            {
                Assert.StartsWith("POST /election/e/resign ", h, StringComparison.Ordinal);
                Assert.Contains($"Authorization: Bearer {Token}", h, StringComparison.Ordinal);
            });
    }

    [Theory]
    [InlineData(null, 15)]
    [InlineData("", 15)]
    [InlineData("no duration", 15)]
    [InlineData("500ms", 2)]
    [InlineData("2s", 3)]
    [InlineData("2500ms", 5)]
    [InlineData("20s", 30)]
    [InlineData("00:02:00", 180)]
    public void A_pause_outlives_the_lease_that_the_workers_have(string? lease, int seconds)
    {
        var pause = PausedRenewals.Of(lease);
        Assert.Equal($"pause?for={seconds}s", pause.Drill);
        Assert.EndsWith($"for {seconds} s: another replica leads when it has run out", pause.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lease_that_no_pause_outlives_is_said()
    {
        var pause = PausedRenewals.Of("10m");
        Assert.Equal("pause?for=300s", pause.Drill);
        Assert.EndsWith("its lease is longer, and it stays the leader", pause.Description, StringComparison.Ordinal);
    }

    private static Task<string?> ResignAsync(HearingPort port)
    {
        var replica = new MemberSeen("n1", "aaaaaaaa", port.Address, "leader", 7, DateTimeOffset.UnixEpoch);
        return new WorkersElection("e", null, [replica]).DrillAsync(replica, "resign", Token, CancellationToken.None);
    }

    /// <summary>A port of this machine that answers each GET alike, takes each POST, and remembers both.</summary>
    private sealed class HearingPort : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public HearingPort(string answer)
        {
            _listener.Start();
            _ = AnswerAsync(answer);
        }

        public string Address => $"http://{_listener.LocalEndpoint}";

        public ConcurrentQueue<string> Heard { get; } = [];

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(string answer)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await using var stream = client.GetStream();
                    var buffer = new byte[4096];
                    var heard = Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
                    Heard.Enqueue(heard);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(heard.StartsWith("GET ", StringComparison.Ordinal)
                        ? $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {answer.Length}\r\n\r\n{answer}"
                        : "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The test is over.
            }
        }
    }
}
