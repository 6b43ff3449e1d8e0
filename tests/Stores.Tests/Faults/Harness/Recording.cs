using System.Globalization;

namespace AspireElection.Faults.Harness;

/// <summary>
/// What was seen of an election from outside, and what is wrong with it. Everything is an interval on one clock: an
/// answer says what was true at some instant between question and answer, so only what is certain counts. A process
/// that answers yes twice for one term led all the time between, because a no is for good (which is checked as well).
/// </summary>
internal sealed class Recording
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Process, long Term), Reign> _reigns = [];
    private readonly List<Reign> _inOrder = [];
    private readonly Dictionary<string, long> _seenBy = [];
    private readonly List<string> _violations = [];
    private readonly List<string> _overdue = [];
    private readonly List<(TimeSpan From, TimeSpan To, TimeSpan AtMost)> _allowed = [];
    private readonly JobRuns _jobs = new();
    private long _written;

    public int Samples { get; private set; }

    public int Writes { get; private set; }

    /// <summary>How often another term was led in than before.</summary>
    public int Changes => Math.Max(0, Reigns.Count - 1);

    /// <summary>All leaderships, in the order in which they were first heard of.</summary>
    public IReadOnlyList<Reign> Reigns
    {
        get
        {
            lock (_gate)
                return [.. _inOrder.Where(r => r.Start < TimeSpan.MaxValue)];
        }
    }

    /// <summary>A node answered the question who it is.</summary>
    /// <param name="process">Which process: a restarted node is another one.</param>
    /// <param name="sent">When the question was sent.</param>
    /// <param name="answered">When the answer was there.</param>
    /// <param name="term">The term that it named.</param>
    /// <param name="leads">Whether it said that it leads.</param>
    public void Answered(string process, TimeSpan sent, TimeSpan answered, long term, bool leads)
    {
        lock (_gate)
        {
            Samples++;
            if (_seenBy.TryGetValue(process, out var before) && term < before)
                Violated(sent, $"{process} went back from term {before} to {term}");
            _seenBy[process] = Math.Max(before, term);
            if (!leads)
            {
                foreach (var own in _inOrder.Where(r => r.Process == process && r.LastSure > TimeSpan.MinValue))
                    own.Denied = true;
                return;
            }

            var reign = Of(process, term);
            if (reign.Denied)
                Violated(sent, $"{process} leads in term {term} again after it had answered that it does not");
            if (answered < reign.Start)
                reign.Start = answered;
            if (sent < reign.FirstAsked)
                reign.FirstAsked = sent;
            if (sent > reign.LastSure)
                reign.LastSure = sent;
        }
    }

    /// <summary>A node said that it became leader.</summary>
    public void Became(string process, TimeSpan at, long term)
    {
        lock (_gate)
        {
            var reign = Of(process, term);
            if (at < reign.Start)
                reign.Start = at;
        }
    }

    /// <summary>A node said that its leadership is over, or its work was told so.</summary>
    public void Ended(string process, TimeSpan at, long term)
    {
        lock (_gate)
        {
            var reign = Of(process, term);
            if (reign.Ended is not { } before || at < before)
                reign.Ended = at;
            _jobs.Ended(process, at, term);
        }
    }

    /// <summary>A leader's job said that it begins.</summary>
    public void JobBegan(string process, TimeSpan at, long term)
    {
        lock (_gate)
            _jobs.Began(process, at, term);
    }

    /// <summary>A leader's job said that it has ended.</summary>
    public void JobEnded(string process, TimeSpan at, long term)
    {
        lock (_gate)
            _jobs.Ended(process, at, term);
    }

    /// <summary>A process was killed, was frozen or has ended.</summary>
    public void Stopped(string process, TimeSpan at)
    {
        lock (_gate)
            _jobs.Stopped(process, at);
    }

    /// <summary>Which jobs run now, as far as their lines were read.</summary>
    public IReadOnlyList<(string Process, long Term)> RunningJobs
    {
        get
        {
            lock (_gate)
                return [.. _jobs.Open()];
        }
    }

    /// <summary>The register was read: the token of its newest write, in the order of the writes.</summary>
    public void Wrote(TimeSpan at, long token)
    {
        lock (_gate)
        {
            Writes++;
            if (token < _written)
                Violated(at, $"the register went back from token {_written} to {token}: a write of an older term was accepted");
            _written = Math.Max(_written, token);
        }
    }

    /// <summary>From now on an overlap is the store's fault, and bounded: it broke its word.</summary>
    public void AllowOverlap(TimeSpan from, TimeSpan to, TimeSpan atMost)
    {
        lock (_gate)
            _allowed.Add((from, to, atMost));
    }

    /// <summary>Something else that the harness found.</summary>
    public void Found(TimeSpan at, string what)
    {
        lock (_gate)
            Violated(at, what);
    }

    /// <summary>Something came, but later than it should have: that is wrong too, but nobody's data are.</summary>
    public void Late(TimeSpan at, string what)
    {
        lock (_gate)
            _overdue.Add(Text(at, what));
    }

    /// <summary>What came too late.</summary>
    public IReadOnlyList<string> Overdue
    {
        get
        {
            lock (_gate)
                return [.. _overdue];
        }
    }

    /// <summary>Everything that is wrong, and everything that was late.</summary>
    public IReadOnlyList<string> Complaints() => [.. Violations(), .. Overdue];

    /// <summary>Everything that is wrong with the recording so far.</summary>
    public IReadOnlyList<string> Violations()
    {
        lock (_gate)
        {
            var violations = new List<string>(_violations);
            var reigns = _inOrder.Where(r => r.LastSure > TimeSpan.MinValue).ToList();
            for (var i = 0; i < reigns.Count; i++)
            {
                for (var j = i + 1; j < reigns.Count; j++)
                    Compare(reigns[i], reigns[j], violations);
            }

            foreach (var (from, to, what) in _jobs.Doubled())
                CompareJobs(from, to, what, violations);
            return violations;
        }
    }

    private void Compare(Reign one, Reign other, List<string> violations)
    {
        if (one.Term == other.Term)
        {
            violations.Add($"term {one.Term} was led by {one.Process} and by {other.Process}");
            return;
        }

        var (older, newer) = one.Term < other.Term ? (one, other) : (other, one);
        if (older.FirstAsked > newer.LastSure)
            violations.Add($"{older.Process} led with token {older.Term} after {newer.Process} had led with token {newer.Term}");
        var overlap = one.OverlapWith(other);
        if (overlap <= TimeSpan.Zero)
            return;
        var from = one.Start > other.Start ? one.Start : other.Start;
        if (IsAllowed(from, overlap))
            return;
        violations.Add(Text(from, $"two leaders for {overlap.TotalMilliseconds:0.0} ms: {one.Process} in term {one.Term} and {other.Process} in term {other.Term}"));
    }

    /// <summary>Work is told by a thread, which a busy machine runs late; what it writes then is refused.</summary>
    private void CompareJobs(TimeSpan from, TimeSpan to, string what, List<string> violations)
    {
        var overlap = to - from;
        if (overlap > Lateness.Excused(from, to) && !IsAllowed(from, overlap))
            violations.Add(Text(from, $"{what} for {overlap.TotalMilliseconds:0.0} ms"));
    }

    private bool IsAllowed(TimeSpan from, TimeSpan overlap) => _allowed.Any(a => a.From <= from && from <= a.To && overlap <= a.AtMost);

    private Reign Of(string process, long term)
    {
        if (_reigns.TryGetValue((process, term), out var reign))
            return reign;
        reign = new Reign(process, term);
        _reigns[(process, term)] = reign;
        _inOrder.Add(reign);
        return reign;
    }

    private void Violated(TimeSpan at, string what) => _violations.Add(Text(at, what));

    private static string Text(TimeSpan at, string what) => string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds:0.000} s: {what}");
}
