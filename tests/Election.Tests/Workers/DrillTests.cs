namespace AspireElection.Workers;

/// <summary>What an operator may do to a node over HTTP.</summary>
public sealed class DrillTests : IDisposable
{
    private const string Token = "a token of some length";
    private const string Drills = "/election/leader-election-demo";

    private readonly LockFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_resign_by_an_operator_needs_the_token_and_the_leader()
    {
        await using var first = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1 --lease-duration 2s", $"ELECTION_ADMIN_TOKEN={Token}");
        await first.LeadsAsync();
        await using var second = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n2 --lease-duration 2s", $"ELECTION_ADMIN_TOKEN={Token}");
        const string Resign = "/election/leader-election-demo/resign";
        await WorkerInProcess.UntilAsync(async () => (await first.JsonAsync("/election"))[0].GetProperty("members").GetArrayLength() == 2, "two members");

        Assert.Equal(401, await first.PostAsync(Resign, null));
        Assert.Equal(401, await first.PostAsync(Resign, "another token of length"));
        Assert.Equal(404, await first.PostAsync("/election/other/resign", Token));
        Assert.Equal(409, await second.PostAsync(Resign, Token));
        Assert.Equal(202, await first.PostAsync(Resign, Token));

        await second.LeadsAsync();
        await WorkerInProcess.UntilAsync(() => Task.FromResult(first.Output.Lines.Any(l => l.Contains("📣 [n1] NEW LEADER n2", StringComparison.Ordinal))), "the line of the new leader");
        var events = first.Output.Lines.Where(l => l.StartsWith("20", StringComparison.Ordinal)).Select(l => l.Split(' ', 2)[1]).ToList();
        Assert.Equal("✅ [n1] Leader election started. Press Ctrl+C to stop", events[0]);
        Assert.StartsWith("🎉 [n1] BECAME LEADER term=", events[1], StringComparison.Ordinal);
        Assert.EndsWith("reason=resigned", events[2], StringComparison.Ordinal);
        Assert.DoesNotContain(events, e => e.Contains("NEW LEADER n1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_token_there_are_no_drills()
    {
        await using var worker = await WorkerInProcess.StartAsync("--store memory --node-id n1");
        await worker.LeadsAsync();
        Assert.Equal(404, await worker.PostAsync("/election/leader-election-demo/resign", Token));
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("cut")]
    public async Task A_leader_that_cannot_renew_stops_before_its_successor_begins_and_takes_part_again(string drill)
    {
        await using var first = await StartAsync("n1");
        await first.LeadsAsync();
        await using var second = await StartAsync("n2");
        await WorkerInProcess.UntilAsync(async () => (await second.JsonAsync("/election"))[0].GetProperty("leader").ValueKind != System.Text.Json.JsonValueKind.Null, "it sees the leader");
        Assert.Equal(drill == "pause" ? 409 : 202, await second.PostAsync($"{Drills}/{drill}?for=1ms", Token));

        Assert.Equal(202, await first.PostAsync($"{Drills}/{drill}?for=2s", Token));
        await second.LeadsAsync();
        Assert.Equal(503, (await first.GetAsync("/leader")).Status);
        Assert.Contains(first.Output.Lines, l => l.EndsWith("reason=expired", StringComparison.Ordinal));
        await WorkerInProcess.UntilAsync(() => Task.FromResult(first.Output.Lines.Any(l => l.Contains("NEW LEADER n2", StringComparison.Ordinal))), "the first sees the second lead");
        await WorkerInProcess.UntilAsync(async () => (await first.GetAsync("/health")).Status == 200, "it is well again");
    }

    [Theory]
    [InlineData("", 202)]
    [InlineData("?for=5m", 202)]
    [InlineData("?for=301s", 400)]
    [InlineData("?for=0s", 400)]
    [InlineData("?for=soon", 400)]
    public async Task A_drill_lasts_at_most_five_minutes(string query, int status)
    {
        await using var worker = await WorkerInProcess.StartAsync("--store memory --node-id n1", $"ELECTION_ADMIN_TOKEN={Token}");
        await worker.LeadsAsync();
        Assert.Equal(status, await worker.PostAsync($"{Drills}/pause{query}", Token));
    }

    [Fact]
    public async Task A_kill_ends_the_process_without_a_resign()
    {
        await using var worker = new WorkerProcess($"--node-id n1 --lock-dir {_folder.Path}", $"ELECTION_ADMIN_TOKEN={Token}");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(worker.BecameLeader && worker.Address is not null), "it leads");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{worker.Address}{Drills}/kill");
        request.Headers.Authorization = new("Bearer", Token);
        using var answer = await http.SendAsync(request);
        Assert.Equal(202, (int)answer.StatusCode);
        Assert.Equal(128 + 9, await worker.EndAsync());
        Assert.DoesNotContain(worker.Output, l => l.Contains("LOST LEADERSHIP", StringComparison.Ordinal));
    }

    private Task<WorkerInProcess> StartAsync(string nodeId) => WorkerInProcess.StartAsync(
        $"--lock-dir {_folder.Path} --node-id {nodeId} --lease-duration 1s", $"ELECTION_ADMIN_TOKEN={Token}");
}
