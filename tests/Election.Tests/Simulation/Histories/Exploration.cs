using System.Diagnostics;
using System.Globalization;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Many histories, each from a seed of its own, on as many threads as are asked for.</summary>
internal static class Exploration
{
    private const int MostFailures = 8;

    /// <summary>The files' histories take the longest, because each operation is a request; so they are fewer.</summary>
    private static readonly StoreKind[] s_kinds = [StoreKind.Lease, StoreKind.Session, StoreKind.Lease, StoreKind.Session, StoreKind.Folder, StoreKind.Queue];

    /// <summary>Which store the history of a seed has, where nobody says.</summary>
    public static StoreKind KindOf(ulong seed) => s_kinds[seed % (ulong)s_kinds.Length];

    /// <summary>One history; null when no checker found anything.</summary>
    public static Failure? Run(ulong seed, StoreKind kind, WorldMistake mistake = WorldMistake.None) =>
        new History(PlanDrawing.Draw(seed, kind, mistake)).Run();

    /// <summary>Histories from a first seed on, until their number, the time or a few failures end it.</summary>
    public static Figures Explore(
        ulong firstSeed, int count, TimeSpan limit, int threads, StoreKind? only = null, WorldMistake mistake = WorldMistake.None, int enough = MostFailures)
    {
        var figures = new Figures();
        var watch = Stopwatch.StartNew();
        var next = -1;
        var running = Enumerable.Range(0, threads).Select(_ =>
        {
            var thread = new Thread(Work) { IsBackground = true, Name = "histories" };
            thread.Start();
            return thread;
        }).ToArray();
        foreach (var thread in running)
            thread.Join();
        figures.Elapsed = watch.Elapsed;
        return figures;

        void Work()
        {
            while (watch.Elapsed < limit && figures.Failures.Count < enough && Interlocked.Increment(ref next) is var index && index < count)
            {
                var seed = firstSeed + (ulong)index;
                var history = new History(PlanDrawing.Draw(seed, only ?? KindOf(seed), mistake));
                figures.Add(history, history.Run());
            }
        }
    }
}

/// <summary>What came of an exploration. Safe for use by several threads until it is read.</summary>
internal sealed class Figures
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<FaultKind, int> _faults = [];
    private readonly SortedDictionary<StoreKind, int> _stores = [];
    private readonly List<Failure> _failures = [];

    public int Histories { get; private set; }

    public long Leaderships { get; private set; }

    public long Steps { get; private set; }

    public TimeSpan Elapsed { get; set; }

    public IReadOnlyList<Failure> Failures
    {
        get
        {
            lock (_gate)
                return [.. _failures.OrderBy(f => f.Plan.Seed)];
        }
    }

    public void Add(History history, Failure? failure)
    {
        lock (_gate)
        {
            Histories++;
            Leaderships += history.Reigns.Count;
            Steps += history.Steps;
            _stores[history.Plan.Kind] = _stores.GetValueOrDefault(history.Plan.Kind) + 1;
            foreach (var fault in history.Plan.Faults)
                _faults[fault.Kind] = _faults.GetValueOrDefault(fault.Kind) + 1;
            if (failure is not null)
                _failures.Add(failure);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Histories} histories in {Elapsed.TotalSeconds:0.0} s ({string.Join(", ", _stores.Select(s => $"{s.Key} {s.Value}"))}), {Leaderships} leaderships, {Steps} steps
        faults: {string.Join(", ", _faults.Select(f => $"{f.Key} {f.Value}"))}
        """);
}
