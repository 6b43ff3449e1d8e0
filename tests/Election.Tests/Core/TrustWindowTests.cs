using AspireElection.Tests.Simulation;
using AspireElection.Timing;

namespace AspireElection.Tests.Core;

public sealed class TrustWindowTests
{
    private readonly SimulatedClock _clock = new();

    [Fact]
    public void Is_open_until_its_end_and_not_at_its_end()
    {
        var window = new TrustWindow(_clock, 100);
        _clock.MoveTo(99);
        Assert.True(window.IsOpen);
        _clock.MoveTo(100);
        Assert.False(window.IsOpen);
    }

    [Fact]
    public void Once_seen_over_it_never_opens_again()
    {
        var window = new TrustWindow(_clock, 100);
        _clock.MoveTo(100);
        Assert.False(window.IsOpen);
        Assert.False(window.Extend(200));
        Assert.False(window.IsOpen);
    }

    [Fact]
    public void A_confirmation_after_the_end_is_no_success_even_if_nobody_looked_meanwhile()
    {
        var window = new TrustWindow(_clock, 100);
        _clock.MoveTo(150);
        Assert.False(window.Extend(200));
        Assert.False(window.IsOpen);
    }

    [Fact]
    public void A_late_answer_to_an_early_renewal_does_not_shorten_trust()
    {
        var window = new TrustWindow(_clock, 200);
        Assert.True(window.Extend(150));
        Assert.Equal(200, window.Until);
    }

    [Fact]
    public void It_ended_when_it_was_closed_or_over_and_not_when_somebody_noticed()
    {
        var closed = new TrustWindow(_clock, 100);
        var over = new TrustWindow(_clock, 100);
        Assert.Null(over.EndedAt);
        _clock.MoveTo(50);
        closed.Close();
        _clock.MoveTo(150);
        over.Close();
        closed.Close();
        Assert.Equal(50, closed.EndedAt);
        Assert.Equal(100, over.EndedAt);
        Assert.Equal(long.MinValue, over.Until);
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        var window = new TrustWindow(BootClock.Instance, long.MaxValue);
        _ = window.IsOpen;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            _ = window.IsOpen;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
