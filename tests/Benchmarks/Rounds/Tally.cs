namespace AspireElection.Benchmarks.Rounds;

/// <summary>What the groups of a series have measured, in milliseconds.</summary>
internal sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly List<double> _next = [];
    private readonly List<double> _stopped = [];
    private readonly List<double> _gaps = [];

    /// <summary>From the end to the next leader.</summary>
    public IReadOnlyList<double> Next => _next;

    /// <summary>From the cut to the instant at which the old leader ceased to lead.</summary>
    public IReadOnlyList<double> Stopped => _stopped;

    /// <summary>From that instant to the next leader; below zero two have led.</summary>
    public IReadOnlyList<double> Gaps => _gaps;

    public int Failed { get; private set; }

    public void Add(DateTimeOffset end, DateTimeOffset next)
    {
        lock (_gate)
            _next.Add((next - end).TotalMilliseconds);
    }

    public void Add(DateTimeOffset cut, DateTimeOffset stopped, DateTimeOffset next)
    {
        lock (_gate)
        {
            _next.Add((next - cut).TotalMilliseconds);
            _stopped.Add((stopped - cut).TotalMilliseconds);
            _gaps.Add((next - stopped).TotalMilliseconds);
        }
    }

    public void Fail(int rounds)
    {
        lock (_gate)
            Failed += rounds;
    }
}
