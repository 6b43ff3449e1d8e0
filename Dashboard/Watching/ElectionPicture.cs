using AspireElection.History;
using AspireElection.Jobs;

namespace AspireElection.Dashboard.Watching;

/// <summary>The newest that is known of one election; never changed, only replaced.</summary>
public sealed record ElectionPicture(string Election, string Store)
{
    /// <summary>Who leads, as last seen.</summary>
    public Leader? Leader { get; init; }

    /// <summary>Since when nobody leads; null while somebody does and before the first look.</summary>
    public Vacancy? Vacancy { get; init; }

    /// <summary>The vacancy that the present leader ended, as far as the dashboard saw one.</summary>
    public Vacancy? VacancyBefore { get; init; }

    /// <summary>When the leader's lease runs out, as a timestamp of the dashboard's clock.</summary>
    public long LeaseEndsAt { get; init; }

    /// <summary>The longest that was left of a lease of this term: what a full bar means.</summary>
    public TimeSpan LeaseLength { get; init; }

    public IReadOnlyList<Member> Members
    {
        get;
        init
        {
            field = value;
            NewestHeartbeat = value.Count == 0 ? default : value.Max(m => m.LastHeartbeat);
        }
    } = [];

    /// <summary>When the member that was heard last was heard. Looked up once: asked for each of a thousand members, it would be a million steps.</summary>
    public DateTimeOffset NewestHeartbeat { get; private init; }

    public IReadOnlyList<JobState> Jobs { get; init; } = [];

    /// <summary>How the seat came to its leaders, as they wrote it down: one for each term, rising.</summary>
    public IReadOnlyList<Transition> History { get; init; } = [];

    /// <summary>Why the history is not known, or not as of now; null while it is.</summary>
    public string? HistoryTrouble { get; init; } = "it was not read yet";

    /// <summary>When the store was last heard; null before the first time.</summary>
    public DateTimeOffset? HeardAt { get; init; }

    public StoreTrouble? Trouble { get; init; }

    /// <summary>Whether seat, members and jobs have been read at least once, and the history at least been asked for.</summary>
    public bool IsComplete { get; init; }

    /// <summary>No one ever took part, as far as the store knows.</summary>
    public bool IsUntouched => Leader is null && Vacancy is not { Last: not null } && Members.Count == 0 && Jobs.Count == 0 && History.Count == 0;

    public bool IsLedBy(Member member) =>
        Leader is { } leader && member.Id.NodeId == leader.NodeId && member.Id.Incarnation == leader.Incarnation;

    /// <summary>The first members, at most so many, and the leader wherever it stands: they are listed by priority, and any of them may lead.</summary>
    public IEnumerable<Member> FirstMembers(int most) => Members.Where((member, place) => place < most || IsLedBy(member));
}
