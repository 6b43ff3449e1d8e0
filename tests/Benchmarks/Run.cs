using System.Globalization;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks;

/// <summary>One run: how thorough it is, and what it has found so far.</summary>
internal sealed class Run(bool quick, int rounds, Servers servers, CancellationToken stop = default)
{
    private readonly Lock _gate = new();
    private readonly List<Figure> _figures = [];
    private readonly List<NotMeasured> _notMeasured = [];
    private readonly List<string> _broken = [];
    private readonly List<string> _told = [];
    private string _part = string.Empty;

    /// <summary>Under two minutes in all: fewer rounds, and only what has a peer.</summary>
    public bool Quick { get; } = quick;

    /// <summary>How often each thing is done.</summary>
    public int Rounds { get; } = rounds;

    /// <summary>The servers that all parts share, each started when it is first asked for.</summary>
    public Servers Servers { get; } = servers;

    /// <summary>Ctrl+C: end what was started, and throw.</summary>
    public CancellationToken Stop { get; } = stop;

    public IReadOnlyList<Figure> Figures => _figures;

    public IReadOnlyList<NotMeasured> NotMeasured => _notMeasured;

    /// <summary>What must never be and was seen, and parts that failed: the run ends with exit code 1.</summary>
    public IReadOnlyList<string> Broken => _broken;

    /// <summary>What people should know, such as rounds that failed.</summary>
    public IReadOnlyList<string> Told => _told;

    /// <summary>What is added from now on belongs to that part.</summary>
    public void Begin(string part) => _part = part;

    public void Add(Figure figure)
    {
        if (figure.Values.Count == 0)
        {
            CannotMeasure(figure.Name, figure.Failed == 0 ? "no round was made" : $"all {figure.Failed} rounds failed");
            return;
        }

        lock (_gate)
        {
            // A part that is measured again, because it failed the first time, counts once.
            _figures.RemoveAll(f => f.Name == figure.Name);
            _figures.Add(figure with { Part = _part });
        }

        if (figure.Floor is { } floor && figure.Least < floor)
            Breaks(string.Create(CultureInfo.InvariantCulture, $"{figure.Name}: {figure.Least:0.###} {figure.Unit}, and must never be below {floor}"));
    }

    /// <summary>A peer that cannot be had here is listed, with the reason.</summary>
    public void CannotMeasure(string name, string why)
    {
        lock (_gate)
            _notMeasured.Add(new NotMeasured(_part, name, why));
    }

    /// <summary>Something that must never be: two leaders, a part that could not be measured at all.</summary>
    public void Breaks(string what)
    {
        lock (_gate)
            _broken.Add($"{_part}: {what}");
        Progress.Tell($"WRONG: {_part}: {what}");
    }

    /// <summary>Something that people should know and that does not count against the run, such as a round that failed.</summary>
    public void Tell(string what)
    {
        lock (_gate)
            _told.Add($"{_part}: {what}");
        Progress.Tell($"{_part}: {what}");
    }
}
