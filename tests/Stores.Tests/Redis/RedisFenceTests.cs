using AspireElection.Fencing;
using AspireElection.Stores.Tests.Servers;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A stale leader's writes do not reach Redis.</summary>
public sealed class RedisFenceTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task A_write_of_an_older_term_is_refused_from_the_grant_of_the_next_on()
    {
        var store = await StoreAsync();
        var older = await Acquire(store, Stand("node-1"));
        await RedisFence.SetAsync(Admin, older.Term, Key("cache"), "older", TimeSpan.FromMinutes(1));
        await store.ReleaseAsync(older.Term, Ending);
        var newer = await Acquire(store, Stand("node-2"));

        var refused = await Assert.ThrowsAsync<StaleTermException>(
            () => RedisFence.SetAsync(Admin, older.Term, Key("cache"), "stale"));
        Assert.Equal(older.Term, refused.Term);
        Assert.Equal("older", (string?)await Admin.StringGetAsync(Key("cache")));
        Assert.NotNull(await Admin.KeyTimeToLiveAsync(Key("cache")));

        await RedisFence.SetAsync(Admin, newer.Term, Key("cache"), "newer");
        Assert.Equal("newer", (string?)await Admin.StringGetAsync(Key("cache")));
        Assert.Null(await Admin.KeyTimeToLiveAsync(Key("cache")));
    }

    [Fact]
    public async Task Where_the_election_lives_elsewhere_the_first_write_of_a_term_fences()
    {
        var older = new Term(Election, new CandidateId("node-1", "one"), FencingToken.Max - 1);
        var newer = new Term(Election, new CandidateId("node-2", "two"), FencingToken.Max);
        await RedisFence.SetAsync(Admin, newer, Key("cache"), "newer");
        await Assert.ThrowsAsync<StaleTermException>(() => RedisFence.SetAsync(Admin, older, Key("cache"), "stale"));
        var impostor = newer with { Candidate = older.Candidate };
        await Assert.ThrowsAsync<StaleTermException>(() => RedisFence.SetAsync(Admin, impostor, Key("cache"), "stale"));
        await RedisFence.SetAsync(Admin, newer, Key("cache"), "again");
        Assert.Equal("again", (string?)await Admin.StringGetAsync(Key("cache")));
    }

    [Fact]
    public async Task Several_values_are_written_together_or_not_at_all()
    {
        var older = new Term(Election, new CandidateId("node-1", "one"), 1);
        var newer = new Term(Election, new CandidateId("node-2", "two"), 2);
        var entries = Enumerable.Range(0, 100)
            .Select(i => KeyValuePair.Create<RedisKey, RedisValue>(Key($"cache-{i}"), i)).ToArray();
        await RedisFence.SetAsync(Admin, newer, entries, TimeSpan.FromMinutes(1));
        Assert.Equal(99, (int)await Admin.StringGetAsync(Key("cache-99")));
        await Assert.ThrowsAsync<StaleTermException>(() => RedisFence.SetAsync(
            Admin, older, [.. entries.Select(e => KeyValuePair.Create<RedisKey, RedisValue>(e.Key, "stale"))]));
        foreach (var (key, value) in entries)
            Assert.Equal(value, await Admin.StringGetAsync(key));
    }
}
