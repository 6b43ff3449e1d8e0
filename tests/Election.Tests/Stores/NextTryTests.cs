using AspireElection.Stores.Redis;
using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Stores;

/// <summary>When a candidate in line asks a Redis server again: its answers and messages come in any order.</summary>
public sealed class NextTryTests
{
    private static readonly CandidateId s_me = new("me", "1");
    private static readonly TimeSpan s_trust = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(200);

    private readonly SimulatedClock _clock = new();
    private readonly KnownTerms _known;
    private readonly NextTry _next;

    public NextTryTests()
    {
        _known = new KnownTerms(_clock);
        _next = new NextTry(_clock, _known, new Candidacy("election", s_me, TimeSpan.FromSeconds(10)));
        // Somebody may trust in this term, whatever the server says now.
        _known.Hear(Seat(SeatKind.Held, "other#1", 1) with { Token = 5 }, s_trust.Ticks);
    }

    [Fact]
    public void Whose_own_reservation_was_refused_waits_for_the_end_of_what_may_be_trusted_in()
    {
        _next.Begin();
        _next.Refused(Seat(SeatKind.Reserved, s_me.ToString(), 1), _clock.Now, 0, 0);
        Assert.Equal((s_trust + TimeSpan.FromMilliseconds(1)).Ticks, _next.At);
    }

    [Fact]
    public void A_turn_that_is_told_after_the_refusal_is_taken_at_once()
    {
        _next.Begin();
        _next.Refused(Seat(SeatKind.Reserved, s_me.ToString(), 1), _clock.Now, 0, 0);
        Assert.True(_next.Told(Seat(SeatKind.Reserved, s_me.ToString(), 2)));
        Assert.Equal(long.MinValue, _next.At);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_refusal_that_is_older_than_the_news_says_nothing(bool own)
    {
        _next.Begin();
        Assert.True(_next.Told(Seat(SeatKind.Reserved, "next#1", 2)));
        _next.Refused(own ? Seat(SeatKind.Reserved, s_me.ToString(), 1) : Seat(SeatKind.Free, string.Empty, 1), _clock.Now, 0, 0);
        Assert.InRange(_next.At, s_grace.Ticks, s_grace.Ticks * 2);
    }

    [Fact]
    public void News_that_are_older_than_the_refusal_do_not_take_it_back()
    {
        _next.Begin();
        _next.Refused(Seat(SeatKind.Reserved, s_me.ToString(), 2), _clock.Now, 0, 0);
        Assert.False(_next.Told(Seat(SeatKind.Reserved, s_me.ToString(), 1)));
        Assert.Equal((s_trust + TimeSpan.FromMilliseconds(1)).Ticks, _next.At);
    }

    private static SeatState Seat(SeatKind kind, string holder, long number) => new(
        kind, kind == SeatKind.Free ? TimeSpan.Zero : s_grace, 7, holder, null, default, TimeSpan.FromSeconds(10), 0, number, 0, []);
}
