namespace AspireElection;

/// <summary>
/// The members in one picture with the seat. What each last said of itself is older than that: who was killed goes on saying
/// that it leads until it is taken off the list, and a new leader says so only with its next heartbeat. Shown as they are,
/// two would seem to lead after each fault, or nobody.
/// </summary>
internal static class MembersAsSeen
{
    /// <param name="members">As they last said.</param>
    /// <param name="self">Who looks.</param>
    /// <param name="role">What that node is now.</param>
    /// <param name="term">The term that it sees now.</param>
    /// <param name="leader">Who leads now, perhaps the node itself.</param>
    public static IReadOnlyList<Member> Of(IReadOnlyList<Member> members, CandidateId self, Role role, long term, Leader? leader)
    {
        // Mostly there is nothing to correct, and metrics ask for each election of a process.
        return members.All(m => ReferenceEquals(AsSeen(m), m)) ? members : [.. members.Select(AsSeen)];

        Member AsSeen(Member member) =>
            member.Id == self ? As(member, role, term)
            : leader is not null && member.Id.NodeId == leader.NodeId && member.Id.Incarnation == leader.Incarnation ? As(member, Role.Leader, leader.Term)
            : member.Role == Role.Leader ? As(member, Role.Follower, member.Term)
            : member;
    }

    private static Member As(Member member, Role role, long term) =>
        member.Role == role && member.Term == term ? member : member with { Role = role, Term = term };
}
