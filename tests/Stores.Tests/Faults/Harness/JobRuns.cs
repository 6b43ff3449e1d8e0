namespace AspireElection.Faults.Harness;

/// <summary>
/// When a leader's job ran on which process, by the lines that the job itself printed. A run may write until it says that
/// it ended, its work was told that the term is over, or its process was killed or frozen, whichever was first. Two such
/// spans on two processes are one job that runs twice at once. Guarded by the recording.
/// </summary>
internal sealed class JobRuns
{
    private readonly List<Run> _runs = [];
    private readonly List<(string Process, TimeSpan At)> _stops = [];

    public void Began(string process, TimeSpan at, long term)
    {
        var run = new Run(process, term, at);
        // The line of a process that was killed may be read after the kill.
        foreach (var stop in _stops.Where(s => s.Process == process && s.At >= at))
            run.To = Earlier(run.To, stop.At);
        _runs.Add(run);
    }

    /// <summary>What ran under this term on this process writes no more.</summary>
    public void Ended(string process, TimeSpan at, long term)
    {
        foreach (var run in _runs.Where(r => r.Process == process && r.Term == term && r.From <= at))
            run.To = Earlier(run.To, at);
    }

    /// <summary>Nothing on this process writes any more, or it does not until it is told that its term is over.</summary>
    public void Stopped(string process, TimeSpan at)
    {
        _stops.Add((process, at));
        foreach (var run in _runs.Where(r => r.Process == process))
            run.To = Earlier(run.To, at);
    }

    /// <summary>Runs that have begun and not ended.</summary>
    public IEnumerable<(string Process, long Term)> Open() => _runs.Where(r => r.To is null).Select(r => (r.Process, r.Term));

    /// <summary>
    /// Pairs of runs on two processes that overlap. The older one must have ended: its last line may still be on its way,
    /// and one that never comes is for who looks at the runs that are open.
    /// </summary>
    public IEnumerable<(TimeSpan From, TimeSpan To, string What)> Doubled()
    {
        for (var i = 0; i < _runs.Count; i++)
        {
            for (var j = i + 1; j < _runs.Count; j++)
            {
                var (old, young) = _runs[i].Term < _runs[j].Term ? (_runs[i], _runs[j]) : (_runs[j], _runs[i]);
                if (old.Process == young.Process || old.To is not { } oldEnds)
                    continue;
                var from = old.From > young.From ? old.From : young.From;
                var to = young.To is { } ends && ends < oldEnds ? ends : oldEnds;
                if (to > from)
                    yield return (from, to, $"the job ran on {old.Process} under term {old.Term} and on {young.Process} under term {young.Term}");
            }
        }
    }

    private static TimeSpan Earlier(TimeSpan? before, TimeSpan at) => before is { } end && end < at ? end : at;

    private sealed class Run(string process, long term, TimeSpan from)
    {
        public string Process => process;

        public long Term => term;

        public TimeSpan From => from;

        /// <summary>Null while it runs.</summary>
        public TimeSpan? To { get; set; }
    }
}
