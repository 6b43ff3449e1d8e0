using System.Globalization;
using AspireElection.Stores.Files;
using AspireElection.Timing;

namespace AspireElection.Stores;

/// <summary>Waiting in a folder: by looking where nobody rings, in turn, and past processes that are stopped.</summary>
public sealed class FileWaitingTests : FolderFixture
{
    [Fact]
    public async Task Where_no_watcher_is_to_be_had_waiters_and_observers_find_by_looking()
    {
        // The folder is not there yet, as a system without free watchers: this watch of the process hears nothing.
        var deaf = FolderWatch.Rent(Layout.Seats);
        try
        {
            var store = NewStore();
            var leader = await Campaign(store, Stand("node-1"));
            await using var watching = NewStore().ObserveAsync("jobs", default).GetAsyncEnumerator();
            Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(Bound));
            Assert.Equal(leader.Term.Token, watching.Current.Leader?.Term);
            var next = watching.MoveNextAsync().AsTask();
            var waiting = Campaign(NewStore(), new Candidacy("jobs", new CandidateId("node-2", "x"), TimeSpan.FromSeconds(60))
            {
                RetryPeriod = TimeSpan.FromMilliseconds(50),
            });
            await Until(() => Directory.GetFiles(SeatFolder, "*.waiter").Length == 1, "in line");
            await store.ReleaseAsync(leader.Term, default);
            Assert.Equal("node-2", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
            Assert.True(await next.WaitAsync(Bound));
        }
        finally
        {
            deaf.Return();
        }
    }

    [Fact]
    public async Task At_an_expired_seat_the_second_in_line_waits_a_slot_for_the_first()
    {
        var lease = TimeSpan.FromSeconds(1);
        var silent = await Campaign(NewStore(), Stand("node-1", leaseSeconds: 1));
        // First in line, alive by its lock, and stopped: it does not come.
        using var first = new FileStream(
            Path.Combine(SeatFolder, "0000000000~node-0~0~1.1.waiter"), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        var second = await Campaign(NewStore(), Stand("node-2", leaseSeconds: 1)).WaitAsync(Bound);
        var slot = lease / 4 / 5;
        Assert.True(second.AnchoredAt >= silent.AnchoredAt + (lease + slot).ToTicksOf(BootClock.Instance), "it did not wait for the first");
    }

    [Fact]
    public async Task Its_own_record_that_was_written_late_into_an_emptied_folder_is_waited_out_like_any_other()
    {
        // As in history 66742: a renewal that the system held up came back above the term that was begun meanwhile.
        var lease = TimeSpan.FromSeconds(1);
        var (one, two) = (NewStore(), NewStore());
        var old = Stand("node-1", leaseSeconds: 1);
        await Campaign(one, old);
        var heldUp = await File.ReadAllTextAsync(LastTerm());
        File.Delete(LastTerm());
        await Campaign(two, Stand("node-2", leaseSeconds: 1));
        var written = BootClock.Instance.GetTimestamp();
        await File.WriteAllTextAsync(Term(NumberOf(LastTerm()) + 2), heldUp.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal));
        var next = await Campaign(one, old).WaitAsync(Bound);
        Assert.True(next.AnchoredAt >= written + lease.ToTicksOf(BootClock.Instance), "it took the seat beside its living holder");
    }

    [Fact]
    public async Task What_a_stopped_process_holds_open_keeps_nobody_from_renewing_joining_writing_or_taking_over()
    {
        var (one, two) = (NewStore(), NewStore());
        var leader = await Campaign(one, Stand("node-1", leaseSeconds: 0.5));
        var member = new Member("jobs", leader.Term.Candidate, Role.Leader, 0, null, 1);
        await one.HeartbeatAsync(member, default);
        await one.WriteAsync(leader.Term, "key", "1", default);
        await one.RenewAsync(leader.Term, TimeSpan.FromSeconds(60), default);

        // As the store opens them: a process may be stopped at any line while it reads or writes any of these.
        var held = new List<FileStream>();
        foreach (var file in Directory.EnumerateFiles(Layout.Root, "*", SearchOption.AllDirectories))
            held.Add(new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        Assert.True(held.Count >= 3);

        Assert.Equal(RenewAnswer.Renewed, await one.RenewAsync(leader.Term, TimeSpan.FromSeconds(0.5), default));
        await one.HeartbeatAsync(member, default);
        await one.WriteAsync(leader.Term, "key", "2", default);
        var next = await Campaign(two, Stand("node-2")).WaitAsync(Bound);
        await two.WriteAsync(next.Term, "key", "3", default);
        Assert.Equal("3", (await one.ReadAsync("jobs", "key", default))["key"]);
        foreach (var file in held)
            await file.DisposeAsync();
    }

    [Theory]
    [InlineData("jobs", "JOBS")]
    [InlineData("a.b", "A.b")]
    [InlineData("con", "CON")]
    public void Names_that_differ_by_case_alone_are_different_files_where_the_file_system_does_not_tell_them_apart(string one, string other)
    {
        foreach (var path in (Func<string, string>[])[Layout.SeatOf, Layout.MembersOf, Layout.LedgerOf])
            Assert.NotEqual(path(one), path(other), StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("con")]
    [InlineData("nul.txt")]
    [InlineData("..")]
    [InlineData("jobs.term")]
    [InlineData("tmp")]
    public void A_name_is_never_a_device_a_way_up_or_a_file_of_the_store(string name)
    {
        var file = Path.GetFileName(Layout.SeatOf(name));
        Assert.StartsWith("e-", file, StringComparison.Ordinal);
        Assert.Equal(Layout.Seats, Path.GetDirectoryName(Layout.SeatOf(name)));
        Assert.DoesNotContain(Path.GetExtension(file), (string[])[".term", ".waiter", ".member", ".ledger", ".fence"]);
    }

    private string LastTerm() => Directory.GetFiles(SeatFolder, "*.term").Max(StringComparer.Ordinal)!;

    private static long NumberOf(string file) => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture);

    private string Term(long number) => Path.Combine(SeatFolder, $"{number:D16}.term");
}
