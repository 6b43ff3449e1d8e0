using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Names of keys and channels. The keys of an election share a hash tag, so that a cluster keeps them on one server.
/// </summary>
internal static class RedisKeys
{
    /// <summary>What the scripts of <c>Seat.lua</c> call KEYS.</summary>
    public static RedisKey[] Seat(string election) =>
        [Key(election, "seat"), Key(election, "term"), Key(election, "line"), Fence(election), Members(election), Key(election, "ranks")];

    /// <summary>Written before replicas are asked what they have; of no election, and of no value.</summary>
    public static RedisKey Confirmed => "election:confirmed";

    public static RedisKey Fence(string election) => Key(election, "fence");

    public static RedisKey Members(string election) => Key(election, "members");

    public static RedisKey Ledger(string election) => Key(election, "ledger");

    public static RedisKey Log(string election, string log) => Key(election, "log:" + log);

    /// <summary>Unlike keys, channels are shared by all databases of a server: their names tell which one is meant.</summary>
    public static string ChannelPrefix(string election, int database) => $"election:{database}:{election}:";

    public static RedisChannel News(string prefix) => new(prefix + "news", RedisChannel.PatternMode.Literal);

    /// <summary>The channel on which one waiting candidate is told that it is its turn.</summary>
    public static RedisChannel Turn(string prefix, CandidateId id) =>
        new(prefix + "turn:" + id, RedisChannel.PatternMode.Literal);

    private static RedisKey Key(string election, string name) => $"election:{{{election}}}:{name}";
}
