using AspireElection.Timing;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>
/// Reads from outside when renewals were sent: the trust of a leader is anchored at the sending of its last confirmed
/// renewal, so the end of trust tells it. Nothing is put between a candidate and its store, and a look at 10,000 leaders
/// costs less than a millisecond.
/// </summary>
internal sealed class RenewalWatch(IReadOnlyList<Candidate> candidates, LeadershipTimes times)
{
    private static readonly BootClock Clock = BootClock.Instance;

    private readonly long[] _anchors = new long[candidates.Count];
    private readonly long[] _terms = new long[candidates.Count];
    private readonly long _trust = times.Trust.ToTicksOf(Clock);
    private readonly long _period = times.RenewPeriod.ToTicksOf(Clock);
    private long _worst;
    private double _sum;

    /// <summary>How often to look: between two looks nobody renews twice.</summary>
    public TimeSpan Cadence { get; } = times.RenewPeriod / 4 < TimeSpan.FromSeconds(1) ? times.RenewPeriod / 4 : TimeSpan.FromSeconds(1);

    public int Renewals { get; private set; }

    public int LaterThanHalf { get; private set; }

    /// <summary>Looks at which a leader led no more, or again under another term.</summary>
    public int Lost { get; private set; }

    public double WorstLatenessMs => Clock.GetElapsedTime(0, _worst).TotalMilliseconds;

    public double MeanLatenessMs => Renewals == 0 ? 0 : Clock.GetElapsedTime(0, (long)(_sum / Renewals)).TotalMilliseconds;

    /// <summary>Remembers who leads since when, and counts from here.</summary>
    public void Begin()
    {
        Look();
        (Renewals, LaterThanHalf, Lost, _worst, _sum) = (0, 0, 0, 0, 0);
    }

    public void Look()
    {
        for (var i = 0; i < _anchors.Length; i++)
        {
            if (candidates[i].Leadership is not { } held || held.Token != _terms[i])
                Follow(i);
            else if (held.EndDueAt - _trust is > 0 and var anchor && anchor != _anchors[i])
                Renewed(i, anchor);
        }
    }

    private void Follow(int i)
    {
        Lost++;
        var held = candidates[i].Leadership;
        _terms[i] = held?.Token ?? 0;
        _anchors[i] = held is null ? 0 : held.EndDueAt - _trust;
    }

    private void Renewed(int i, long anchor)
    {
        var late = Math.Max(0, anchor - _anchors[i] - _period);
        _anchors[i] = anchor;
        Renewals++;
        _sum += late;
        _worst = Math.Max(_worst, late);
        if (late > _period / 2)
            LaterThanHalf++;
    }
}
