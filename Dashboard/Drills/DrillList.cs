using System.Collections.Immutable;
using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Drills;

/// <summary>The last drills with their results, newest first; as long as this dashboard lives.</summary>
internal sealed class DrillList(Watches watches)
{
    public const int Most = 20;

    private const int MostUnderWay = 8;

    private readonly Lock _gate = new();
    private ImmutableList<Drill> _drills = [];
    private int _count;

    public IReadOnlyList<Drill> All => Volatile.Read(ref _drills);

    /// <summary>Null where too many are under way: a seat that is watched for many measures none.</summary>
    public Drill? TryAdd(Drill drill)
    {
        lock (_gate)
        {
            if (_drills.Count(d => d.State is DrillState.Asked or DrillState.Watched) >= MostUnderWay)
                return null;
            drill = drill with { Number = ++_count };
            var kept = _drills.Insert(0, drill);
            // One that is under way stays: its result has to find it.
            if (kept.Count > Most)
                kept = kept.RemoveAt(kept.FindLastIndex(d => d.State is not (DrillState.Asked or DrillState.Watched)));
            Volatile.Write(ref _drills, kept);
        }

        watches.Changed.Beat();
        return drill;
    }

    public void Replace(Drill drill)
    {
        lock (_gate)
            Volatile.Write(ref _drills, [.. _drills.Select(d => d.Number == drill.Number ? drill : d)]);
        watches.Changed.Beat();
    }
}
