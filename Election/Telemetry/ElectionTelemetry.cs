using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AspireElection.Telemetry;

/// <summary>Every instrument and span of the library. Meter and source are both called <see cref="Name"/>.</summary>
public sealed class ElectionTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "AspireElection";

    private static readonly Meter Meter = new(Name);
    private static readonly ActivitySource Source = new(Name);
    private static readonly HashSet<ElectionTelemetry> Live = [];

    private static readonly Counter<long> Transitions = Meter.CreateCounter<long>(
        "election.transitions", "{transition}", "Changes of this node's leadership, by reason");

    private static readonly Histogram<double> CampaignDuration = Meter.CreateHistogram<double>(
        "election.campaign.duration", "s", "From standing in line to the grant, or to the failure");

    private static readonly Histogram<double> RenewalDuration = Meter.CreateHistogram<double>(
        "election.renewal.duration", "s", "Round trip of a renewal");

    private static readonly Histogram<double> LeadershipDuration = Meter.CreateHistogram<double>(
        "election.leadership.duration", "s", "From grant to end");

    private static readonly Histogram<double> LeaderlessDuration = Meter.CreateHistogram<double>(
        "election.leaderless.duration", "s", "How long nobody led before a new leader, as it saw it");

    private static readonly Counter<long> JobRuns = Meter.CreateCounter<long>(
        "election.job.runs", "{run}", "Ended runs of leader jobs, by outcome");

    private static readonly Histogram<double> JobDuration = Meter.CreateHistogram<double>(
        "election.job.duration", "s", "Duration of runs of leader jobs");

    private static readonly Counter<long> FanOutDropped = Meter.CreateCounter<long>(
        "election.fanout.dropped", "{message}", "Changes, sightings and announcements that a slow subscriber lost");

    private static readonly Counter<long> StaleWrites = Meter.CreateCounter<long>(
        "election.stale_writes.refused", "{write}", "Writes refused because a newer term has written");

    private static readonly Counter<long> ClockJumps = Meter.CreateCounter<long>(
        "election.clock.jumps", "{jump}", "Steps of the host's wall clock against its boot clock, and suspends");

    private static readonly Counter<long> MajorityChanges = Meter.CreateCounter<long>(
        "election.majority.changes", "{change}", "Losses and returns of a quorum's majority, and changes of how many are missing");

    private readonly Candidate _candidate;
    private readonly string _store;
    private readonly bool _tellsElections;
    private readonly bool _isRehearsal;

    static ElectionTelemetry()
    {
        Meter.CreateObservableGauge(
            "election.is_leader", () => Observe(s => s.IsLeader ? 1L : 0L, leads => leads.Sum()), null, "1 where this node leads");
        Meter.CreateObservableGauge("election.term", () => Observe(s => s.Term, terms => terms.Max()), null, "The term that this node sees");
        Meter.CreateObservableGauge(
            "election.lease.remaining", () => Observe(s => s.LeaseRemaining.TotalSeconds, left => left.Min()), "s", "What is left of the leader's lease");
        Meter.CreateObservableGauge(
            "election.members", () => Observe(s => (long)s.Members.Count, members => members.Sum()), "{member}", "Members of the election");
    }

    internal ElectionTelemetry(Candidate candidate, string store, bool tellsElections, bool isRehearsal)
    {
        _candidate = candidate;
        _store = store;
        _tellsElections = tellsElections;
        _isRehearsal = isRehearsal;
    }

    internal void Register()
    {
        if (_isRehearsal)
            return;
        lock (Live)
            Live.Add(this);
    }

    internal void Unregister()
    {
        lock (Live)
            Live.Remove(this);
    }

    internal Activity? StartCampaign() => Start("campaign");

    internal Activity? StartRenewal(long term) => Start("renew", term);

    internal Activity? StartHandOver(long term, LossReason reason) =>
        Start("hand-over", term)?.SetTag("election.reason", Text(reason));

    /// <summary>A part of what is under way; where that has no span, a part of it has none.</summary>
    internal static Activity? StartStep(string name) => Activity.Current is null ? null : Source.StartActivity(name);

    internal Activity? StartJob(string job, long term) => Start($"job {job}", term)?.SetTag("election.job", job);

    internal void CampaignEnded(TimeSpan duration, Exception? error) => Record(CampaignDuration, duration, With(error));

    internal void RenewalEnded(TimeSpan duration, Exception? error) => Record(RenewalDuration, duration, With(error));

    internal void BecameLeader(TimeSpan? leaderless)
    {
        Count(Transitions, With("reason", "elected"));
        if (leaderless is { } gap)
            Record(LeaderlessDuration, gap, Tags(_tellsElections));
    }

    internal void LostLeadership(TimeSpan duration, LossReason reason)
    {
        Count(Transitions, With("reason", Text(reason)));
        Record(LeadershipDuration, duration, With("reason", Text(reason)));
    }

    internal void JobEnded(string job, string outcome, TimeSpan duration)
    {
        var tags = With("outcome", outcome);
        tags.Add("election.job", job);
        Count(JobRuns, tags);
        Record(JobDuration, duration, tags);
    }

    internal void ChangeDropped() => Count(FanOutDropped, Tags(_tellsElections));

    internal void ClockJumped() => Count(ClockJumps, Tags(_tellsElections));

    /// <summary>A slow listener lost an announcement of the leader of its process.</summary>
    internal static void AnnouncementDropped(string election) => FanOutDropped.Add(1, new KeyValuePair<string, object?>("election.name", election));

    /// <summary>A slow observer of a store lost a sighting.</summary>
    internal static void SightingDropped(string election, string store) => FanOutDropped.Add(
        1, new("election.name", election), new KeyValuePair<string, object?>("election.store", store));

    /// <summary>So many of the peers that may vote answer now; half of them and less are no majority.</summary>
    internal static void MajorityChanged(string election, int reachable, int eligible) => MajorityChanges.Add(
        1,
        new("election.name", election),
        new("election.store", "quorum"),
        new("election.majority", reachable > eligible / 2));

    /// <summary>A write of <paramref name="term"/> to <paramref name="sink"/> was refused.</summary>
    internal static void StaleWriteRefused(Term term, string sink)
    {
        TagList tags = default;
        tags.Add("election.name", term.Election);
        tags.Add("election.node.id", term.Candidate.NodeId);
        tags.Add("election.sink", sink);
        // A term does not know where its election lives; its candidate does, until it is stopped.
        if (StoreOf(term) is { } store)
            tags.Add("election.store", store);
        StaleWrites.Add(1, tags);
    }

    private static string? StoreOf(Term term)
    {
        lock (Live)
            return Live.FirstOrDefault(t => t._candidate.Id == term.Candidate && t._candidate.Election == term.Election)?._store;
    }

    /// <summary>The reason as it stands in event lines and attributes.</summary>
    public static string Text(LossReason reason) => reason switch
    {
        LossReason.Resigned => "resigned",
        LossReason.Expired => "expired",
        LossReason.Lost => "lost",
        LossReason.Preempted => "preempted",
        LossReason.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    internal static void Fail(Activity? activity, Exception exception)
    {
        activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        activity?.SetTag("error.type", exception.GetType().Name);
    }

    /// <summary>One measurement of each election, and of those without a series of their own one of each node and store.</summary>
    private static IEnumerable<Measurement<T>> Observe<T>(Func<ElectionSnapshot, T> value, Func<IEnumerable<T>, T> together)
        where T : struct
    {
        ElectionTelemetry[] live;
        lock (Live)
            live = [.. Live];
        foreach (var one in live.Where(t => t._tellsElections))
            yield return new Measurement<T>(value(one._candidate.Snapshot()), one.Tags(true));
        foreach (var many in live.Where(t => !t._tellsElections).GroupBy(t => (t._store, t._candidate.Id.NodeId)))
            yield return new Measurement<T>(together(many.Select(t => value(t._candidate.Snapshot()))), many.First().Tags(false));
    }

    private Activity? Start(string name, long? term = null)
    {
        // A root of its own: whatever activity started the loop, an election must not hang below it for ever; nor may the
        // spans of others, where nobody listens to its own.
        if (Activity.Current is not null)
            Activity.Current = null;
        if (_isRehearsal || !Source.HasListeners())
            return null;
        var activity = Source.StartActivity(name, ActivityKind.Internal, default(ActivityContext), Tags(true));
        return term is null ? activity : activity?.SetTag("election.term", term);
    }

    private void Count(Counter<long> counter, in TagList tags)
    {
        if (!_isRehearsal)
            counter.Add(1, tags);
    }

    private void Record(Histogram<double> histogram, TimeSpan duration, in TagList tags)
    {
        if (!_isRehearsal)
            histogram.Record(duration.TotalSeconds, tags);
    }

    private TagList Tags(bool tellsElection)
    {
        TagList tags = default;
        if (tellsElection)
            tags.Add("election.name", _candidate.Election);
        tags.Add("election.store", _store);
        tags.Add("election.node.id", _candidate.Id.NodeId);
        return tags;
    }

    private TagList With(string key, string value)
    {
        var tags = Tags(_tellsElections);
        tags.Add(key, value);
        return tags;
    }

    private TagList With(Exception? error) => error is null ? Tags(_tellsElections) : With("error.type", error.GetType().Name);
}
