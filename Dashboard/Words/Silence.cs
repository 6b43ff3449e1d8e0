using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Words;

/// <summary>Which members have stopped beating.</summary>
internal static class Silence
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BeyondClocks = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Silent for two leases (members beat once a lease), measured against the member that was heard last: the clocks
    /// of store and dashboard may differ. Where all are silent that shows nothing, so a minute more by this clock counts, too.
    /// </summary>
    public static bool IsSilent(this ElectionPicture picture, Member member, DateTimeOffset now)
    {
        var limit = picture.LeaseLength * 2 > Shortest ? picture.LeaseLength * 2 : Shortest;
        var known = picture is { Trouble: not null, HeardAt: { } heard } ? heard : now;
        return picture.NewestHeartbeat - member.LastHeartbeat > limit || known - member.LastHeartbeat > limit + BeyondClocks;
    }

    /// <summary>Nobody leads and nobody could: no member is left that beats.</summary>
    public static bool IsDeserted(this ElectionPicture picture, DateTimeOffset now) =>
        picture is { Trouble: null, IsComplete: true, Leader: null } && picture.Members.All(m => picture.IsSilent(m, now));
}
