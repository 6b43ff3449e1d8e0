using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>
/// Members, a key for each. The heartbeat looks at the seat in the same request, so that a follower whose watches are
/// dead learns of it within a lease.
/// </summary>
internal sealed class EtcdMembers(EtcdCalls calls, TimeProvider clock, Func<string, SeatNews> news)
{
    private readonly ConcurrentDictionary<(string Election, CandidateId Id), DateTimeOffset> _joined = new();

    /// <summary>Which heartbeat of a member was seen when: its silence is counted from there on this process's own clock.</summary>
    private readonly ConcurrentDictionary<(string Election, string Key), SeenBeat<long>> _seen = new();

    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        var key = EtcdKeys.Member(self.Election, self.Id);
        var isKnown = _joined.TryGetValue((self.Election, self.Id), out var joined);
        var now = calls.Time.Now;
        var beat = Beat(key, self, isKnown ? joined : now, now);
        if (!isKnown)
            beat.IfCreated(key, 0).Else(Txn.Get(key));
        var answer = await calls.AskAsync("kv/txn", beat.Body, EtcdCalls.LongestWait, cancellationToken);
        if (!answer.Succeeded)
        {
            // Another client of this incarnation has joined before.
            joined = answer.KeysOf(0) is [var old] && Parse(self.Election, old) is { } before ? before.Joined : now;
            answer = await calls.AskAsync("kv/txn", Beat(key, self, joined, now).Body, EtcdCalls.LongestWait, cancellationToken);
        }
        else if (!isKnown)
        {
            joined = now;
        }

        _joined[(self.Election, self.Id)] = joined;
        news(self.Election).Hear(SeatLook.Of(answer, 2));
        return Sorted(self.Election, answer.KeysOf(1));
    }

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        Sorted(election, await ReadAsync(election, cancellationToken));

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        _joined.TryRemove((election, id), out _);
        var leave = Txn.Range(EtcdKeys.Member(election, id));
        await calls.AskAsync("kv/deleterange", leave, EtcdCalls.LongestWait, cancellationToken);
    }

    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        var removed = 0;
        var keys = await ReadAsync(election, cancellationToken);
        ForgetOthers(election, keys);
        foreach (var key in keys)
        {
            if (clock.GetElapsedTime(Look(election, key).Since) <= nodeTimeout)
                continue;
            // It may have been heard of meanwhile.
            var removal = new Txn().IfModified(key.Key, key.Modified).Then(Txn.Delete(key.Key));
            if ((await calls.AskAsync("kv/txn", removal.Body, EtcdCalls.LongestWait, cancellationToken)).Succeeded)
                removed++;
        }

        return removed;
    }

    private static Txn Beat(string key, Member self, DateTimeOffset joined, DateTimeOffset now)
    {
        var record = new JsonObject
        {
            ["joined"] = joined.ToUnixTimeMilliseconds(),
            ["beat"] = now.ToUnixTimeMilliseconds(),
            ["role"] = (int)self.Role,
            ["priority"] = self.Priority,
            ["term"] = self.Term,
            ["address"] = self.Address,
        };
        return new Txn().Then(
            [Txn.Put(key, record.ToJsonString()), Txn.GetAll(EtcdKeys.Members(self.Election)), .. SeatLook.Operations(self.Election, first: 1)]);
    }

    private async ValueTask<List<KeyValue>> ReadAsync(string election, CancellationToken cancellationToken) =>
        (await calls.AskAsync("kv/range", Txn.RangeOf(EtcdKeys.Members(election)), EtcdCalls.LongestWait, cancellationToken)).Keys;

    private List<Member> Sorted(string election, List<KeyValue> keys)
    {
        ForgetOthers(election, keys);
        return
        [
            .. keys.Select(k => Look(election, k).Member)
                .OfType<Member>()
                .OrderByDescending(m => m.Priority)
                .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
                .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal),
        ];
    }

    private void ForgetOthers(string election, List<KeyValue> keys)
    {
        var here = keys.Select(k => k.Key).ToHashSet();
        foreach (var gone in _seen.Keys.Where(s => s.Election == election && !here.Contains(s.Key)))
            _seen.TryRemove(gone, out _);
    }

    /// <summary>The member, null for what is none; and since when its key is as it is.</summary>
    private (Member? Member, long Since) Look(string election, KeyValue key)
    {
        var member = Parse(election, key);
        var age = (member is null ? TimeSpan.Zero : calls.Time.Now - member.LastHeartbeat).ToTicksOf(clock);
        var seen = _seen.AddOrUpdate(
            (election, key.Key),
            _ => SeenBeat<long>.Next(null, key.Modified, clock.GetTimestamp(), age),
            (_, before) => SeenBeat<long>.Next(before, key.Modified, clock.GetTimestamp(), age));
        return (member, seen.Since);
    }

    private static Member? Parse(string election, KeyValue key)
    {
        if (key.Key[EtcdKeys.Members(election).Length..].Split('#', 2) is not [var node, var incarnation])
            return null;
        try
        {
            using var json = JsonDocument.Parse(key.Value);
            var record = json.RootElement;
            return new Member(
                election,
                new CandidateId(node, incarnation),
                (Role)KeyValue.Whole(record, "role"),
                (int)KeyValue.Whole(record, "priority"),
                record.GetProperty("address").GetString(),
                KeyValue.Whole(record, "term"),
                DateTimeOffset.FromUnixTimeMilliseconds(KeyValue.Whole(record, "joined")),
                DateTimeOffset.FromUnixTimeMilliseconds(KeyValue.Whole(record, "beat")));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            // Somebody else's value under this key is no member.
            return null;
        }
    }
}
