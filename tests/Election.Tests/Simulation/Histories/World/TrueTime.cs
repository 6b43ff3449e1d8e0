namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The time that no clock of the world shows, in ticks of 100 ns, and all that is due in it. It moves only to the next
/// thing that is due.
/// </summary>
internal sealed class TrueTime
{
    private readonly PriorityQueue<Occurrence, (long Due, long Order)> _due = new(256);
    private long _order;

    public long Now { get; private set; }

    public void At(long due, Occurrence occurrence)
    {
        occurrence.Due = due < Now ? Now : due;
        occurrence.Order = ++_order;
        _due.Enqueue(occurrence, (occurrence.Due, occurrence.Order));
    }

    public void At(long due, Action deed) => At(due, new Deed(deed));

    public void After(long ticks, Action deed) => At(Now + ticks, deed);

    /// <summary>Moves to the next thing that is due; null when there is none.</summary>
    public Occurrence? Next()
    {
        while (_due.TryDequeue(out var next, out var at))
        {
            // It was put off or called off meanwhile.
            if (next.Order != at.Order)
                continue;
            Now = at.Due;
            next.Order = 0;
            return next;
        }

        return null;
    }

    private sealed class Deed(Action deed) : Occurrence
    {
        public override void Happen() => deed();
    }
}

/// <summary>Something that is due at an instant of true time.</summary>
internal abstract class Occurrence
{
    public long Due { get; set; }

    /// <summary>Its place among what is due at one instant; 0 when it is called off.</summary>
    public long Order { get; set; }

    public abstract void Happen();
}
