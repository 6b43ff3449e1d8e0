using System.Collections.Concurrent;
using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <summary>Groups whose messages take longer than the time after which a read asks for its confirmation again.</summary>
public sealed class SlowGroupsTests : IGroupSurroundings, IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Way = TimeSpan.FromMilliseconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("quorum-slow-").FullName;
    private readonly ConcurrentDictionary<string, Group> _groups = new();
    private TimeSpan _way;

    public async ValueTask DisposeAsync()
    {
        foreach (var group in _groups.Values)
            await group.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_read_is_answered_although_each_round_takes_longer_than_its_repetition()
    {
        var list = new[] { "a", "b", "c" }.ToDictionary(id => id, id => new Uri($"http://{id}:1"));
        foreach (var id in list.Keys)
        {
            _groups[id] = new Group(
                "e", new PeerList(id, list, []), Path.Combine(_folder, id, "log"), BootClock.Instance, new Random(id[0]), this, static () => { });
        }

        var candidacy = new Candidacy("e", new CandidateId("a", "1"), TimeSpan.FromSeconds(60));
        await _groups["a"].AcquireAsync(candidacy, default).WaitAsync(Bound);
        _way = Way;
        var answer = await _groups["a"].ReadAsync(new LedgerQuery(IsLog: false, string.Empty), default).WaitAsync(Bound);
        Assert.Equal(LedgerOutcome.Done, answer.Outcome);
    }

    void IGroupSurroundings.Send(string election, RaftMessage message) => _ = DeliverAsync(message);

    void IGroupSurroundings.CutOff(string election, string path, long bytes)
    {
    }

    void IGroupSurroundings.Failed(string election, string trouble)
    {
    }

    void IGroupSurroundings.Majority(string election, int reachable, int eligible)
    {
    }

    private async Task DeliverAsync(RaftMessage message)
    {
        await Task.Delay(_way);
        if (_groups.TryGetValue(message.To, out var group))
            group.Hear(message);
    }
}
