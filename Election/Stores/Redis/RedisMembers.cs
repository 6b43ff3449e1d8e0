using System.Globalization;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Members, as a hash: <c>node#incarnation</c> to joined, last heartbeat, role, priority, term and address, one to a line.
/// </summary>
internal sealed class RedisMembers(RedisCalls calls)
{
    /// <param name="self">Who is here.</param>
    /// <param name="stands">Whether it waits for the seat.</param>
    /// <param name="cancellationToken">Ends the wait for the answer.</param>
    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, bool stands, CancellationToken cancellationToken)
    {
        RedisValue[] values =
            [self.Priority, (int)self.Role, self.Term, self.Address ?? string.Empty, stands ? 1 : 0];
        var answer = await calls.SeatAsync(
            RedisScript.Heartbeat, self.Election, self.Id.ToString(), values, RedisCalls.LongestWait, cancellationToken);
        var fields = (string[])answer!;
        return Sorted(fields.Chunk(2).Select(pair => Parse(self.Election, pair[0], pair[1])));
    }

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken)
    {
        var entries = await calls.AskAsync(db => db.HashGetAllAsync(RedisKeys.Members(election)), cancellationToken);
        return Sorted(entries.Select(e => Parse(election, e.Name!, e.Value!)));
    }

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await calls.SeatAsync(
            RedisScript.Leave, election, id.ToString(), [], RedisCalls.LongestWait, cancellationToken);

    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        RedisValue[] values = [nodeTimeout.TotalMilliseconds];
        return (int)await calls.SeatAsync(
            RedisScript.RemoveStale, election, string.Empty, values, RedisCalls.LongestWait, cancellationToken);
    }

    private static List<Member> Sorted(IEnumerable<Member> members) =>
    [
        .. members
            .OrderByDescending(m => m.Priority)
            .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
            .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal),
    ];

    private static Member Parse(string election, string name, string record)
    {
        var fields = record.Split('\n', 6);
        return new Member(
            election,
            SeatState.Candidate(name),
            (Role)Whole(2),
            (int)Whole(3),
            fields.Length < 6 || fields[5].Length == 0 ? null : fields[5],
            Whole(4),
            DateTimeOffset.FromUnixTimeMilliseconds(Whole(0)),
            DateTimeOffset.FromUnixTimeMilliseconds(Whole(1)));

        long Whole(int field) =>
            field < fields.Length && long.TryParse(fields[field], CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
