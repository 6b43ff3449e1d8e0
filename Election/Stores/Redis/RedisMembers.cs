using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Members, as a hash: <c>node#incarnation</c> to joined, last heartbeat, role, priority, term and address, one to a line.
/// </summary>
internal sealed class RedisMembers(RedisCalls calls)
{
    private readonly ConcurrentDictionary<string, Roster> _rosters = new();

    /// <param name="self">Who is here.</param>
    /// <param name="stands">Whether it waits for the seat.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, bool stands, CancellationToken cancellationToken)
    {
        var roster = RosterOf(self.Election);
        var all = roster.WantsAll();
        RedisValue[] values =
        [
            self.Priority, (int)self.Role, self.Term, self.Address ?? string.Empty, stands ? 1 : 0,
            Roster.Head, all ? 1 : 0, self.Role == Role.Observer ? 1 : 0,
        ];
        try
        {
            var answer = (RedisResult[])(await calls.SeatAsync(
                RedisScript.Heartbeat, self.Election, self.Id.ToString(), values, RedisCalls.LongestWait, cancellationToken))!;
            var rows = ((string[])answer[2]!).Chunk(2).Select(pair => Parse(self.Election, pair[0], pair[1], self.Id)).ToArray();
            return (int)answer[1] == 1
                ? roster.Hear(rows, (int)answer[0])
                : roster.HearFirst(rows, (int)answer[0], (int)answer[3], areAll: (int)answer[4] == 1);
        }
        finally
        {
            if (all)
                roster.WasAsked();
            // Thousands of elections have few members each, and then every answer tells all of them.
            if (roster.IsNeedless)
                _rosters.TryRemove(KeyValuePair.Create(self.Election, roster));
        }
    }

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken)
    {
        var entries = await calls.AskAsync(db => db.HashGetAllAsync(RedisKeys.Members(election)), cancellationToken);
        return Roster.Sorted(entries.Select(e => Parse(election, e.Name!, e.Value!)));
    }

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        if (_rosters.TryGetValue(election, out var roster))
            roster.Left(id);
        await calls.SeatAsync(RedisScript.Leave, election, id.ToString(), [], RedisCalls.LongestWait, cancellationToken);
    }

    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        RedisValue[] values = [nodeTimeout.TotalMilliseconds];
        var removed = (int)await calls.SeatAsync(
            RedisScript.RemoveStale, election, string.Empty, values, RedisCalls.LongestWait, cancellationToken);
        if (removed > 0 && _rosters.TryGetValue(election, out var roster))
            roster.IsOld();
        return removed;
    }

    private Roster RosterOf(string election) => _rosters.GetOrAdd(election, static _ => new Roster());

    private static Member Parse(string election, string name, string record, CandidateId self = default)
    {
        var fields = record.Split('\n', 6);
        return new Member(
            election,
            IdOf(name, self),
            (Role)Whole(2),
            (int)Whole(3),
            fields.Length < 6 || fields[5].Length == 0 ? null : fields[5],
            Whole(4),
            DateTimeOffset.FromUnixTimeMilliseconds(Whole(0)),
            DateTimeOffset.FromUnixTimeMilliseconds(Whole(1)));

        long Whole(int field) =>
            field < fields.Length && long.TryParse(fields[field], CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <summary>The asker is given its own names again, not copies of them.</summary>
    private static CandidateId IdOf(string name, CandidateId self) => SeatState.Candidate(name) is var id && id == self ? self : id;
}
