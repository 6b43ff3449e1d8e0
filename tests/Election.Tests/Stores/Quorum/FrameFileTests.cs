using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Storage;

namespace AspireElection.Stores.Quorum;

/// <summary>What a peer stored is there after a crash, and what is damaged is not taken for it.</summary>
public sealed class FrameFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quorum-log-").FullName;

    private string FilePath => Path.Combine(_folder, "log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_appended_is_read_again()
    {
        Write(3);
        Assert.Equal([0, 1, 2], Read(out var cutOff));
        Assert.Equal(0, cutOff);
    }

    [Fact]
    public void Of_a_write_that_was_interrupted_anywhere_nothing_is_left_and_the_rest_is()
    {
        Write(2);
        var whole = File.ReadAllBytes(FilePath);
        Write(3);
        var longer = File.ReadAllBytes(FilePath);
        for (var length = whole.Length + 1; length < longer.Length; length++)
        {
            File.WriteAllBytes(FilePath, longer[..length]);
            Assert.Equal([0, 1], Read(out var cutOff));
            Assert.Equal(length - whole.Length, cutOff);
            Assert.Equal(whole, File.ReadAllBytes(FilePath));
        }
    }

    [Fact]
    public void A_last_record_whose_pages_came_in_another_order_is_cut_off()
    {
        Write(3);
        var bytes = File.ReadAllBytes(FilePath);
        bytes[^2] ^= 0xFF;
        File.WriteAllBytes(FilePath, bytes);
        Assert.Equal([0, 1], Read(out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(13)]
    [InlineData(20)]
    public void A_damage_before_the_last_record_is_refused_wherever_it_is(int offset)
    {
        Write(3);
        var bytes = File.ReadAllBytes(FilePath);
        bytes[offset] ^= 0xFF;
        File.WriteAllBytes(FilePath, bytes);
        var refused = Assert.Throws<InvalidDataException>(() => Read(out _));
        Assert.Contains("damaged at byte 0", refused.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void Term_vote_log_and_snapshot_are_restored_as_they_were_stored()
    {
        using (var log = GroupLog.Open(FilePath, "a", "e"))
        {
            log.Store(new Ready { HardState = new HardState(7, "b", TimeSpan.FromSeconds(2)), CutFrom = 1, Entries = [Entry(1), Entry(2), Entry(3)] });
            log.Store(new Ready { HardState = new HardState(8, null, TimeSpan.Zero), CutFrom = 3, Entries = [Entry(3, term: 8)] });
        }

        using (var log = GroupLog.Open(FilePath, "a", "e"))
        {
            Assert.Equal(new HardState(8, null, TimeSpan.Zero), log.Restored.HardState);
            Assert.Equal([(1, 1), (2, 1), (3, 8)], log.Restored.Entries.Select(e => (e.Index, e.Term)));
            log.Store(new Ready { Snapshot = new Snapshot(2, 1, ["a", "b"], [9]) });
        }

        using var restored = GroupLog.Open(FilePath, "a", "e");
        Assert.Equal(2, restored.Restored.Snapshot!.Index);
        Assert.Equal(["a", "b"], restored.Restored.Snapshot.Eligible);
        Assert.Equal([(3, 8)], restored.Restored.Entries.Select(e => (e.Index, e.Term)));
        Assert.Equal(new HardState(8, null, TimeSpan.Zero), restored.Restored.HardState);
    }

    [Fact]
    public void After_a_write_that_failed_the_file_is_written_anew_and_says_the_same()
    {
        using (var log = GroupLog.Open(FilePath, "a", "e"))
        {
            log.Store(new Ready { HardState = new HardState(7, "b", TimeSpan.FromSeconds(2)), CutFrom = 1, Entries = [Entry(1), Entry(2)] });
            for (var term = 8; term < 20; term++)
                log.Store(new Ready { HardState = new HardState(term, null, TimeSpan.Zero) });
        }

        var before = new FileInfo(FilePath).Length;
        using var again = GroupLog.Open(FilePath, "a", "e", afterFailure: true);
        Assert.InRange(new FileInfo(FilePath).Length, 1, before - 1);
        again.Store(new Ready { CutFrom = 3, Entries = [Entry(3)] });
        again.Dispose();
        using var restored = GroupLog.Open(FilePath, "a", "e");
        Assert.Equal(new HardState(19, null, TimeSpan.Zero), restored.Restored.HardState);
        Assert.Equal([1, 2, 3], restored.Restored.Entries.Select(e => e.Index));
    }

    [Fact]
    public void The_log_of_another_peer_or_election_is_refused_in_a_line_that_says_what_to_do()
    {
        using (var log = GroupLog.Open(FilePath, "a", "e"))
            log.Store(new Ready { HardState = new HardState(1, "a", TimeSpan.Zero) });
        foreach (var (peer, election) in (ReadOnlySpan<(string, string)>)[("b", "e"), ("a", "f")])
        {
            var refused = Assert.Throws<StoreUnavailableException>(() => GroupLog.Open(FilePath, peer, election));
            Assert.Contains("belongs to another peer", refused.Message, StringComparison.Ordinal);
            Assert.Contains("move this file away", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void That_a_log_was_damaged_is_remembered_when_it_is_moved_away_and_until_a_leader_brought_it_up_to_date()
    {
        using (var log = GroupLog.Open(FilePath, "a", "e"))
        {
            Assert.False(log.Restored.Forgotten);
            log.Store(new Ready { HardState = new HardState(7, "b", TimeSpan.Zero) });
        }

        var bytes = File.ReadAllBytes(FilePath);
        bytes[4] ^= 0xFF;
        File.WriteAllBytes(FilePath, bytes);
        Assert.Throws<StoreUnavailableException>(() => GroupLog.Open(FilePath, "a", "e"));
        File.Delete(FilePath);
        using (var log = GroupLog.Open(FilePath, "a", "e"))
            log.Store(new Ready { HardState = new HardState(8, null, TimeSpan.Zero) });
        using (var log = GroupLog.Open(FilePath, "a", "e"))
        {
            Assert.True(log.Restored.Forgotten);
            log.BroughtUpToDate();
        }

        using var restored = GroupLog.Open(FilePath, "a", "e");
        Assert.False(restored.Restored.Forgotten);
    }

    [Fact]
    public void A_folder_has_one_process_at_a_time()
    {
        using var first = new PeerFolder(_folder, "a");
        var refused = Assert.Throws<StoreUnavailableException>(() => new PeerFolder(_folder, "a"));
        Assert.Contains("another process", refused.Message, StringComparison.Ordinal);
        using var other = new PeerFolder(_folder, "A");
    }

    private static LogEntry Entry(long index, long term = 1) => new(index, term, EntryKind.Command, [1, 2, 3]);

    private void Write(int frames)
    {
        File.Delete(FilePath);
        using var file = FrameFile.Open(FilePath, out _, out _);
        for (byte i = 0; i < frames; i++)
            file.Append([i, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    private int[] Read(out long cutOff)
    {
        using var file = FrameFile.Open(FilePath, out var frames, out cutOff);
        return [.. frames.Select(f => (int)f[0])];
    }
}
