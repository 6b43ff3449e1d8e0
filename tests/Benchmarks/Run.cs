using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks;

/// <summary>One run: how thorough it is, and what it has found so far.</summary>
internal sealed class Run(bool quick, int rounds)
{
    private readonly List<Figure> _figures = [];
    private readonly List<(string Name, string Why)> _notMeasured = [];

    /// <summary>Under two minutes in all: fewer rounds, and only what has a peer.</summary>
    public bool Quick { get; } = quick;

    /// <summary>How often each thing is done.</summary>
    public int Rounds { get; } = rounds;

    public IReadOnlyList<Figure> Figures => _figures;

    public IReadOnlyList<(string Name, string Why)> NotMeasured => _notMeasured;

    public void Add(Figure figure) => _figures.Add(figure);

    /// <summary>A peer that cannot be had here is listed, with the reason.</summary>
    public void CannotMeasure(string name, string why) => _notMeasured.Add((name, why));
}
