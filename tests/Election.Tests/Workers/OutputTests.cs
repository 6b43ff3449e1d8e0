using System.Text;
using AspireElection.Workers.Output;

namespace AspireElection.Workers;

/// <summary>The lines that drills and people read.</summary>
public sealed class OutputTests
{
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 3, 4, 6, 7, 8, TimeSpan.FromHours(1)).AddMicroseconds(123456);

    [Fact]
    public void Event_lines_have_their_promised_form()
    {
        var text = new EventText("n1", colours: false);
        const string Time = "2026-03-04T05:07:08.123456Z";
        Assert.Equal($"{Time} ✅ [n1] Leader election started. Press Ctrl+C to stop", text.Started(At));
        Assert.Equal($"{Time} 🎉 [n1] BECAME LEADER term=7", text.BecameLeader(At, 7));
        Assert.Equal($"{Time} ⚠️ [n1] LOST LEADERSHIP term=7 reason=preempted", text.LostLeadership(At, 7, LossReason.Preempted));
        Assert.Equal($"{Time} 📣 [n1] NEW LEADER n2 term=8", text.NewLeader(At, new Leader("n2", "x", null, 8, At)));
        Assert.Equal("👑 [n1] Status: LEADER - Heartbeat at 05:07:08", text.Status(At, leads: true));
        Assert.Equal("👥 [n1] Status: FOLLOWER - Heartbeat at 05:07:08", text.Status(At, leads: false));
    }

    [Fact]
    public void Colours_stand_around_a_line_and_never_in_it()
    {
        var plain = new EventText("n1", colours: false).BecameLeader(At, 7);
        Assert.Equal($"\e[32m{plain}\e[0m", new EventText("n1", colours: true).BecameLeader(At, 7));
    }

    [Fact]
    public void A_reader_that_does_not_read_holds_up_nobody()
    {
        using var blocked = new BlockedStream();
        using (var lines = new LineWriter(blocked))
        {
            for (var i = 0; i < 5000; i++)
                lines.Write("a line");
        }

        blocked.Open.Set();
    }

    [Fact]
    public void The_end_writes_what_is_left()
    {
        using var output = new MemoryStream();
        using (var lines = new LineWriter(output))
        {
            lines.Write("one");
            lines.Write("two ✅");
        }

        Assert.Equal("one\ntwo ✅\n", Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void A_reader_that_is_gone_ends_nothing()
    {
        using var closed = new BlockedStream { Gone = true };
        using var lines = new LineWriter(closed);
        lines.Write("one");
        lines.Write("two");
    }

    private sealed class BlockedStream : MemoryStream
    {
        public ManualResetEventSlim Open { get; } = new();

        public bool Gone { get; init; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Gone)
                throw new IOException("Broken pipe");
            Open.Wait(TimeSpan.FromSeconds(30));
        }
    }
}
