namespace AspireElection.Tests.Mistakes;

/// <summary>What goes wrong where elections share sessions, put into the code that the simulation runs.</summary>
internal static class SharedSessionMistakes
{
    private const string Folder = "Stores/Postgres/Many/";
    private const string Orders = Folder + "SessionOrders.cs";
    private const string Slot = Folder + "SessionSlot.cs";
    private const string Work = Folder + "SessionWork.cs";
    private const string Lines = Folder + "ElectionLines.cs";

    public static IReadOnlyList<Mistake> All { get; } =
    [
        new("the seat of a lost session is still renewed", "its locks are gone: the heartbeat of the next session says nothing of it",
            new Edit(Orders, "            lost.ForEach(s => End(s));\n", "            _seats.Clear();\n"),
            new Edit(Slot, "                _lines.Ended(seat);\n", "")),
        new("a wake-up is taken for a grant", "who looks at a free seat leads, whether the lock was granted or not",
            new Edit(Work, "wanting.Where(s => !granted.Contains(s.Key))", "wanting.Where(s => !granted.Contains(s.Key) && s.IsOver)")),
        new("a heartbeat that was answered renews whoever asks later", "its answer says nothing about the time after it was sent",
            new Edit(Orders, "return Interlocked.Exchange(ref _beat, null);", "return _beat;")),
        new("trust counted from the answer that brought the term", "the server counts from the request",
            new Edit(Work, "lines.Granted(stand, seat, anchor)", "lines.Granted(stand, seat, clock.GetTimestamp())")),
        new("a grant over a wiped server is believed although the old one still holds", "who knew of a living term takes its seat",
            new Edit(Folder + "Stand.cs", "? (leader.Term, seen.EndsAt)", "? (0, seen.EndsAt)")),
        new("no waiting out of a restart", "the locks are gone, and the old leaders still trust",
            new Edit(Work, "new Wait(clock.After(last.Left), last.Token)", "new Wait(clock.GetTimestamp(), last.Token)")),
        new("the end of a session ends nothing", "a leader without a lock hears of it at its next renewal only",
            new Edit(Slot, "                seat.Candidacy.RenewNow();\n", "")),
        new("the end of one session ends everything", "the leaders on the other sessions give up terms that they hold",
            new Edit(Lines, "            _held.Remove(seat.Term);\n            var election", "            _held.Clear();\n            var election")),
        new("pauses that outlast the lease", "after an outage all seats stay empty for as long as the outage was",
            new Edit(Folder + "SharedSeats.cs", ".Append(LongestPause).Min()", ".Append(LongestPause).Max()"),
            new Edit(Folder + "SharedSeats.cs", "if (_served || isEmpty)\n", "if (_served)\n")),
        new("what is told is not looked at", "a seat that was given back is found by the next poll",
            new Edit(Lines, "_lines.GetValueOrDefault(election)?.LookAt(_clock.GetTimestamp());", "_ = election;")),
    ];
}
