using AspireElection.Dashboard.Watching;
using AspireElection.History;

namespace AspireElection.Dashboard;

/// <summary>Elections as a dashboard sees them at 14:10 of <see cref="FixedClock"/>.</summary>
internal static class Pictures
{
    public static ElectionPicture Led(string node, long term, string since, params Transition[] history) => new("e", "memory")
    {
        Leader = new Leader(node, "1", null, term, FixedClock.At(since)),
        LeaseEndsAt = TimeSpan.TicksPerHour + TimeSpan.TicksPerSecond,
        LeaseLength = TimeSpan.FromSeconds(1),
        History = history,
        HeardAt = FixedClock.Now,
        IsComplete = true,
    };

    public static Transition Change(
        long term, string node, string at, double? leaderlessMs = null, string reason = "resigned", long previous = 0, string? before = null) => new()
        {
            Term = term,
            Node = node,
            At = FixedClock.At(at),
            LeaderlessMs = leaderlessMs,
            Reason = reason,
            PreviousTerm = previous,
            PreviousNode = before,
        };
}
