using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using AspireElection.Dashboard.Nodes;
using AspireElection.Stores.Files;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>What the page learns of the nodes from themselves, and where it links to.</summary>
public sealed class NodesTests : IDisposable
{
    private readonly LockFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Members_show_version_and_round_trip_and_a_dash_with_the_reason_where_they_are_unknown()
    {
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1");
        await worker.LeadsAsync();
        using var liar = new AnsweringPort("HTTP/1.1 302 Found\r\nLocation: " + worker.Http.BaseAddress + "election\r\nContent-Length: 0\r\n\r\n");
        using var flood = new AnsweringPort("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n[" + new string(' ', 299_998) + "]");
        await using var store = new FileStore(_folder.Path, BootClock.Instance);
        foreach (var (node, address) in new[] { ("liar", liar.Address), ("flood", flood.Address), ("far", "http://192.0.2.1:80"), ("mute", null) })
        {
            await store.HeartbeatAsync(
                new Member("leader-election-demo", new CandidateId(node, "1"), Role.Follower, 0, address, 0), CancellationToken.None);
        }

        await using var dashboard = await DashboardInProcess.StartAsync(_folder.Path);
        var version = Regex.Escape((await worker.JsonAsync("/election"))[0].GetProperty("version").GetString()!);
        // A busy machine may answer one question too late: what is shown after the next one counts.
        string[] wanted =
        [
            "data-fact=\"round-trip\"[^>]*>store [\\d.]+ m?s</span>", $"data-fact=\"version\">{version}</span>",
            "(?s)(title=\"It was not reached\">(store )?&#x2014;</span>.*){4}",
            "title=\"Its address is none of this machine: it is not asked\">&#x2014;</span>", "title=\"This node has no address\">&#x2014;</span>",
            // A title alone is out of reach of keyboards and fingers.
            "<span class=\"unseen\">\\(It was not reached\\)</span>", "<span class=\"unseen\">\\(This node has no address\\)</span>",
        ];
        await WorkerInProcess.UntilAsync(
            async () => await dashboard.PageAsync() is var page && wanted.All(w => Regex.IsMatch(page, w)) && Regex.Count(page, $">{version}</span>") == 1,
            string.Join(", ", wanted));
    }

    [Fact]
    public async Task Another_that_has_the_port_of_a_node_does_not_speak_for_it()
    {
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1");
        await worker.LeadsAsync();
        await using var store = new FileStore(_folder.Path, BootClock.Instance);
        await store.HeartbeatAsync(
            new Member("leader-election-demo", new CandidateId("n1", "1"), Role.Follower, 0, worker.Http.BaseAddress!.ToString(), 0), CancellationToken.None);
        await using var dashboard = await DashboardInProcess.StartAsync(_folder.Path);
        await dashboard.PageAsync($"title=\"At {worker.Http.BaseAddress.Authority} answers another node\">&#x2014;</span>");
    }

    [Theory]
    [InlineData("abcdefgh.0123456789ab", "http://localhost:15080/traces/resource/worker-abcdefgh", "http://localhost:15080/structuredlogs/resource/worker-abcdefgh")]
    [InlineData("0123456789ab", null, null)]
    [InlineData("pod-7.0123456789ab", null, null)]
    public void Replicas_of_Aspire_link_to_their_traces_and_logs(string incarnation, string? traces, string? logs)
    {
        var id = new CandidateId("n1", incarnation);
        var link = new AspireLink(new Uri("http://localhost:15080/"));
        Assert.Equal((traces, logs), (link.Traces(id), link.Logs(id)));
        Assert.Null(new AspireLink(null).Traces(id));
    }

    [Fact]
    public async Task The_page_links_each_replica_and_the_election_where_the_Aspire_dashboard_is_known()
    {
        await using var worker = await WorkerInProcess.StartAsync(
            $"--lock-dir {_folder.Path} --node-id n1", "OTEL_RESOURCE_ATTRIBUTES=service.instance.id=abcdefgh");
        await worker.LeadsAsync();
        await using var dashboard = await DashboardInProcess.StartAsync(_folder.Path, null, "ASPIRE_DASHBOARD_LINK=http://localhost:15080");
        await dashboard.PageAsync(
            "href=\"http://localhost:15080/traces/resource/worker-abcdefgh\"", "href=\"http://localhost:15080/structuredlogs/resource/worker-abcdefgh\"",
            "href=\"http://localhost:15080/traces/resource/worker\"");
        await using var plain = await DashboardInProcess.StartAsync(_folder.Path);
        Assert.DoesNotContain("/traces/resource/", await plain.PageAsync("n1 has led"), StringComparison.Ordinal);
    }

    /// <summary>A port of this machine that says the same to everybody.</summary>
    private sealed class AnsweringPort : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public AnsweringPort(string answer)
        {
            _listener.Start();
            _ = AnswerAsync(Encoding.ASCII.GetBytes(answer));
        }

        public string Address => $"http://{_listener.LocalEndpoint}";

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(byte[] answer)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await using var stream = client.GetStream();
                    _ = await stream.ReadAsync(new byte[4096]);
                    await stream.WriteAsync(answer);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException or InvalidOperationException)
            {
                // The test is over, or who asked went away in the middle of the answer.
            }
        }
    }
}
