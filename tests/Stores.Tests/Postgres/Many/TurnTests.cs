using AspireElection.Stores.Postgres.Many;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>Whose turn it is, and when to look at a seat again.</summary>
public sealed class TurnTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly SeatView Free = new(0, null, true, 0);

    private readonly SteppedClock _clock = new();
    private readonly ElectionLine _line;

    public TurnTests() => _line = new ElectionLine(_clock);

    [Fact]
    public void The_best_stands_first_by_priority_then_node_id()
    {
        foreach (var (node, priority) in (IEnumerable<(string, int)>)[("c", 0), ("B", 0), ("d", -1), ("a", 0), ("z", 7)])
            _line.Add(StandOf(node, priority));
        Assert.Equal(["z", "B", "a", "c", "d"], _line.Stands.Select(s => s.Candidacy.Id.NodeId));
    }

    [Fact]
    public void Who_is_behind_others_tries_a_turn_later_for_each_of_them_and_each_time_anew()
    {
        var stand = StandOf("node-1");
        _line.Add(stand);
        for (var time = 0; time < 2; time++)
        {
            Assert.False(_line.Saw(Free with { Better = 2 }, stand));
            _clock.Step(ElectionLine.Turn * 1.5);
            Assert.False(_line.Saw(Free with { Better = 2 }, stand));
            _clock.Step(ElectionLine.Turn);
            Assert.True(_line.Saw(Free with { Better = 2 }, stand));
            // A candidacy of this process has held the seat meanwhile.
            _line.Seat = new SharedSeat(stand.Candidacy, 0, new Term("e", stand.Candidacy.Id, 1), 0, null!);
            _clock.Step(ElectionLine.Turn * 20);
            _line.Seat = null;
        }

        // Another one has.
        _clock.Step(ElectionLine.Turn * 20);
        Assert.False(_line.Saw(new SeatView(7, 1, false, 0), stand));
        _clock.Step(ElectionLine.Turn * 20);
        Assert.False(_line.Saw(Free with { Better = 1 }, stand));
    }

    [Fact]
    public void A_seat_of_an_ended_session_is_looked_at_again_at_once_until_another_session_holds_it()
    {
        var stand = StandOf("node-1");
        _line.Add(stand);
        _line.Saw(new SeatView(7, 1, false, 0), stand);
        Assert.Equal(new SessionPresence(7, 1), _line.Holder);
        Assert.True(UntilNextLook() > TimeSpan.FromSeconds(1));
        _line.HolderEnded(new SessionPresence(7, 1));
        foreach (var view in (SeatView[])[new(7, 1, false, 0), new(7, null, false, 0)])
        {
            _line.Saw(view, stand);
            Assert.True(UntilNextLook() < TimeSpan.FromMilliseconds(10));
        }

        // The same process id with another presence is another session.
        _line.Saw(new SeatView(7, 2, false, 0), stand);
        Assert.Equal(new SessionPresence(7, 2), _line.Holder);
        Assert.True(UntilNextLook() > TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_released_seat_whose_lock_is_still_held_is_looked_at_again_at_once_but_not_for_ever()
    {
        var stand = StandOf("node-1");
        _line.Add(stand);
        var looks = 0;
        for (; looks < 1000; looks++)
        {
            _line.Saw(new SeatView(7, 1, true, 0), stand);
            if (UntilNextLook() > TimeSpan.FromSeconds(1))
                break;
            _clock.Step(UntilNextLook());
        }

        Assert.InRange(looks, 50, 200);
    }

    private TimeSpan UntilNextLook() => _clock.Until(_line.DueAt);

    private static Stand StandOf(string node, int priority = 0) =>
        new(new Candidacy("e", new CandidateId(node, "i"), Lease, priority));

    private sealed class SteppedClock : TimeProvider
    {
        private long _now = 1_000_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Step(TimeSpan duration) => _now += duration.Ticks;
    }
}
