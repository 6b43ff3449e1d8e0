using System.Text.Json;
using AspireElection.Faults;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Quorum;

/// <summary>Real workers that elect among themselves: parted, refused, made eligible, restarted.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class PartitionTests
{
    [Fact]
    public async Task A_leader_in_the_minority_steps_down_the_majority_elects_and_the_heal_leaves_one_leader_and_every_committed_write()
    {
        await using var peers = await PartedPeers.StartAsync(5);
        var (old, term) = await peers.AgreeAsync(peers.Ids);
        await peers.UntilAsync(async () => await peers.RunsAsync(old, "alerts") > 0, "a job has run");
        var minority = new[] { old, peers.Ids.First(id => id != old) };
        var majority = peers.Ids.Except(minority).ToList();

        peers.Part(minority);
        var next = await peers.AgreeAsync(majority, afterTerm: term);
        Assert.Contains(next.Node, majority);
        Assert.False((await peers.AskAsync(old))!.IsLeader);
        await peers.UntilAsync(async () => (await peers.GetAsync(old, "/health")) is (503, var why) && why.Contains("no majority: 2 of 5 peers reachable", StringComparison.Ordinal),
            "the minority says that it has no majority");
        Assert.Contains(peers.Process(old).Errors, l => l.Contains("has no majority: 2 of 5", StringComparison.Ordinal));
        await peers.UntilAsync(async () => await peers.RunsAsync(next.Node, "alerts") > 0, "what was committed before is there");
        var runs = await peers.RunsAsync(next.Node, "alerts");

        peers.Heal();
        var healed = await peers.AgreeAsync(peers.Ids);
        Assert.Equal(next, healed);
        foreach (var id in peers.Ids)
            await peers.UntilAsync(async () => await peers.RunsAsync(id, "alerts") >= runs, $"{id} has what was committed while it was away");
        await peers.UntilAsync(async () => (await peers.GetAsync(old, "/health")).Status == 200, "the old leader is well again");
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("frozen")]
    public async Task A_follower_that_hears_nothing_for_more_than_a_lease_counts_and_tells_its_leader_once(string how)
    {
        await using var peers = await PartedPeers.StartAsync(3);
        var leader = await peers.AgreeAsync(peers.Ids);
        var deaf = peers.Ids.First(id => id != leader.Node);
        var counted = await TransitionsAsync();
        if (how == "cut off")
        {
            peers.Part([deaf]);
            await peers.UntilAsync(async () => await peers.AskAsync(deaf) is { LeaderNode: null }, "it knows of no leader");
            peers.Heal();
        }
        else
        {
            Signal.Send(peers.Process(deaf).Id, Signal.Stop);
            await peers.UntilAsync(IsSilentAsync, "it has been silent for more than the lease of what it had heard, and the one beyond in which it would still name its holder");
            Signal.Send(peers.Process(deaf).Id, Signal.Continue);
        }

        Assert.Equal(leader, await peers.AgreeAsync(peers.Ids));
        Assert.Equal(counted, await TransitionsAsync());
        Assert.Single(peers.Process(deaf).Output, l => l.Contains($"NEW LEADER {leader.Node} term={leader.Term}", StringComparison.Ordinal));

        async Task<int> TransitionsAsync() => (await ElectionAsync(deaf)).GetProperty("transitions").GetInt32();

        async Task<bool> IsSilentAsync()
        {
            var beats = (await ElectionAsync(leader.Node)).GetProperty("members").EnumerateArray()
                .ToDictionary(m => m.GetProperty("nodeId").GetString()!, m => m.GetProperty("lastHeartbeat").GetDateTimeOffset());
            return !beats.TryGetValue(deaf, out var last) || beats[leader.Node] - last > TimeSpan.FromSeconds(2.2);
        }

        async Task<JsonElement> ElectionAsync(string id)
        {
            using var answer = JsonDocument.Parse((await peers.GetAsync(id, "/election")).Text);
            return answer.RootElement[0].Clone();
        }
    }

    [Fact, Trait("Run", "all")]
    public async Task Only_eligible_peers_lead_and_one_made_eligible_later_may()
    {
        await using var peers = await PartedPeers.StartAsync(3, "--lease-duration 1s --initial-leader a");
        var (leader, term) = await peers.AgreeAsync(peers.Ids);
        Assert.Equal("a", leader);
        Assert.Equal(400, (await peers.PostAsync("b", "/election/leader-election-demo/eligible?id=x")).Status);
        // Asked at one that does not lead: the leader does it.
        var (status, text) = await peers.PostAsync("b", "/election/leader-election-demo/eligible?id=b");
        Assert.True(status == 202, text);
        (status, text) = await peers.PostAsync("c", "/election/leader-election-demo/eligible?id=c");
        Assert.True(status == 202, text);

        peers.Process("a").Stop();
        await peers.Process("a").EndAsync();
        var next = await peers.AgreeAsync(["b", "c"], afterTerm: term);
        Assert.NotEqual("a", next.Node);
    }

    [Fact, Trait("Run", "all")]
    public async Task A_peer_with_another_key_or_list_takes_no_part_and_says_why_and_the_others_lead_without_it()
    {
        await using var peers = await PartedPeers.StartAsync(3);
        var (leader, _) = await peers.AgreeAsync(peers.Ids);
        var stranger = peers.Ids.First(id => id != leader);
        foreach (var (key, more, why) in ((string?, string?, string)[])[("quite another key", null, "another cluster key"), (null, $"--initial-leader {leader}", "another list of peers")])
        {
            await peers.Process(stranger).DisposeAsync();
            peers.Start(stranger, key, more);
            await peers.UntilAsync(() => Task.FromResult(peers.Process(stranger).Errors.Any(l => l.Contains(why, StringComparison.Ordinal))), $"it says: {why}");
            Assert.DoesNotContain(peers.Process(stranger).Errors, l => l.Contains("quite another key", StringComparison.Ordinal));
            await peers.UntilAsync(async () => await peers.AskAsync(stranger) is { LeaderNode: null }, "it answers and knows of no leader");
            Assert.NotNull(await peers.LeaderOfAllAsync(peers.Ids.Where(id => id != stranger)));
        }
    }

    [Fact, Trait("Run", "all")]
    public async Task A_second_process_under_a_peer_s_name_is_refused_in_one_line()
    {
        await using var peers = await PartedPeers.StartAsync(1);
        var first = peers.Process("a");
        peers.Start("a");
        var second = peers.Process("a");
        Assert.Equal(1, await second.EndAsync());
        Assert.Contains("another process has the folder", Assert.Single(second.Errors), StringComparison.Ordinal);
        await first.DisposeAsync();
    }
}
