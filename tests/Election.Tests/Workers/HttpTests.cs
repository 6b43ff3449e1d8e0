using System.Text.Json;

namespace AspireElection.Workers;

/// <summary>What a real worker answers over HTTP.</summary>
public sealed class HttpTests
{
    [Fact]
    public async Task Election_and_page_tell_the_leader_and_the_members()
    {
        using var folder = new LockFolder();
        await using var first = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id n1 --lease-duration 1s --priority 3");
        await first.LeadsAsync();
        await using var second = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id n2 --lease-duration 1s --observer true");
        await WorkerInProcess.UntilAsync(async () => (await second.JsonAsync("/election"))[0].GetProperty("members").GetArrayLength() == 2, "two members");
        await WorkerInProcess.UntilAsync(async () => (await second.GetAsync("/")).Text != "I am a follower and there is no leader", "a leader is seen");

        var seen = (await second.JsonAsync("/election"))[0];
        Assert.Equal(
            ["election", "store", "nodeId", "instanceId", "role", "term", "isLeader", "leader", "leaseRemainingMs", "priority", "transitions", "members", "version", "storeRoundTripMs"],
            Names(seen));
        Assert.Matches("^[0-9]+[.][0-9]", seen.GetProperty("version").GetString());
        Assert.True(seen.GetProperty("storeRoundTripMs").GetDouble() > 0);
        Assert.Equal("leader-election-demo", seen.GetProperty("election").GetString());
        Assert.Equal("file", seen.GetProperty("store").GetString());
        Assert.Equal("n2", seen.GetProperty("nodeId").GetString());
        Assert.Equal("observer", seen.GetProperty("role").GetString());
        Assert.False(seen.GetProperty("isLeader").GetBoolean());
        var leader = seen.GetProperty("leader");
        Assert.Equal(["nodeId", "address", "term", "since"], Names(leader));
        Assert.Equal("n1", leader.GetProperty("nodeId").GetString());
        Assert.Equal(first.Http.BaseAddress, new Uri(leader.GetProperty("address").GetString()!));
        Assert.Equal(seen.GetProperty("term").GetInt64(), leader.GetProperty("term").GetInt64());
        var member = seen.GetProperty("members")[0];
        Assert.Equal(["nodeId", "instanceId", "address", "role", "priority", "term", "joined", "lastHeartbeat"], Names(member));
        Assert.Equal(3, member.GetProperty("priority").GetInt32());

        Assert.Contains("election: leader-election-demo on file", first.Output.Lines);
        var own = (await first.JsonAsync("/election"))[0];
        Assert.True(own.GetProperty("isLeader").GetBoolean());
        Assert.Equal("leader", own.GetProperty("role").GetString());
        Assert.Equal("I am the leader", (await first.GetAsync("/")).Text);
        Assert.Equal($"I am a follower and the leader is on port {first.Http.BaseAddress!.Port}", (await second.GetAsync("/")).Text);
        Assert.Equal(503, (await second.GetAsync("/leader")).Status);
        Assert.Equal(200, (await second.GetAsync("/health")).Status);
        Assert.Equal(200, (await first.GetAsync("/alive")).Status);
    }

    [Fact]
    public async Task Jobs_are_the_same_on_every_node_and_say_why_they_are_skipped()
    {
        using var folder = new LockFolder();
        await using var first = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id n1 --lease-duration 1s");
        await first.LeadsAsync();
        await using var second = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id n2 --lease-duration 1s");
        await WorkerInProcess.UntilAsync(async () => (await second.JsonAsync("/jobs"))[1].GetProperty("state").GetString() == "skipped: no database", "cache warming is skipped");

        var jobs = await second.JsonAsync("/jobs");
        Assert.Equal(["migrations", "cache-warming", "stale-members", "alerts"], jobs.EnumerateArray().Select(j => j.GetProperty("job").GetString()));
        Assert.Equal(["job", "schedule", "state", "lastRun", "lastTerm", "lastNode", "lastError", "runs", "nextRun", "lastDurationMs"], Names(jobs[0]));
        Assert.Equal("skipped: no database", jobs[0].GetProperty("state").GetString());
        Assert.Equal("once", jobs[0].GetProperty("schedule").GetString());
        Assert.Equal(0, jobs[0].GetProperty("runs").GetInt64());
    }

    [Fact]
    public async Task A_worker_without_its_store_says_so_and_still_answers()
    {
        using var folder = new LockFolder();
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path}/{new string('x', 300)} --lease-duration 100ms");
        await WorkerInProcess.UntilAsync(async () => (await worker.GetAsync("/health")).Status == 503, "the outage lasts a lease");

        var (_, health) = await worker.GetAsync("/health");
        Assert.StartsWith("Unhealthy; the store file was not reached for ", health, StringComparison.Ordinal);
        Assert.Single(health.TrimEnd('\n').Split('\n'));
        var (status, jobs) = await worker.GetAsync("/jobs");
        Assert.Equal(503, status);
        Assert.StartsWith("The store file cannot be read: ", jobs, StringComparison.Ordinal);
        Assert.Equal("I am a follower and there is no leader", (await worker.GetAsync("/")).Text);
        Assert.Equal(200, (await worker.GetAsync("/alive")).Status);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(p => p.Name);
}
