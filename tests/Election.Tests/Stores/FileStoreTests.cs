using AspireElection.Stores.Files;
using AspireElection.Timing;

namespace AspireElection.Stores;

/// <summary>What is peculiar to a store in a folder.</summary>
public sealed class FileStoreTests : FolderFixture
{
    [Fact]
    public async Task Clocks_of_processes_need_not_agree()
    {
        var (ahead, behind) = (new OffsetClock(TimeSpan.FromDays(9), TimeSpan.FromHours(5)), new OffsetClock(default, -TimeSpan.FromHours(5)));
        var (one, two) = (NewStore(ahead), NewStore(behind));
        var sent = BootClock.Instance.GetTimestamp();
        var first = await Campaign(one, Stand("node-1", leaseSeconds: 0.5)).WaitAsync(Bound);
        var second = await Campaign(two, Stand("node-2", leaseSeconds: 0.5)).WaitAsync(Bound);
        Assert.True(BootClock.Instance.GetElapsedTime(sent) >= TimeSpan.FromSeconds(0.5), "a wall clock decided");
        Assert.True(second.Term.Token > first.Term.Token);
        var third = await Campaign(one, Stand("node-3", leaseSeconds: 0.5)).WaitAsync(Bound);
        Assert.True(third.Term.Token > second.Term.Token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"version\":1,\"tok")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task What_a_dead_creator_left_keeps_the_seat_for_one_lease(string left)
    {
        Directory.CreateDirectory(SeatFolder);
        File.WriteAllText(Path.Combine(SeatFolder, $"{7:D16}.term"), left);
        var began = BootClock.Instance.GetTimestamp();
        var grant = await Campaign(NewStore(), Stand("node-1", leaseSeconds: 0.3)).WaitAsync(Bound);
        Assert.True(BootClock.Instance.GetElapsedTime(began, grant.AnchoredAt) >= TimeSpan.FromSeconds(0.3));
        Assert.True(File.Exists(Path.Combine(SeatFolder, $"{8:D16}.term")));
    }

    [Fact]
    public async Task A_hand_over_is_told_and_not_found_by_looking()
    {
        var (one, two) = (NewStore(), NewStore());
        var leader = await Campaign(one, Stand("node-1", leaseSeconds: 3600)).WaitAsync(Bound);
        // It looks again after minutes only: what it knows in time it was told.
        var waiting = Campaign(two, Stand("node-2", leaseSeconds: 3600));
        await Until(() => Directory.GetFiles(SeatFolder, "*.waiter").Length == 1, "in line");
        await one.ReleaseAsync(leader.Term, default);
        await waiting.WaitAsync(Bound);
    }

    [Fact]
    public async Task A_dead_waiter_is_passed_over_and_forgotten()
    {
        var store = NewStore();
        var leader = await Campaign(store, Stand("node-1")).WaitAsync(Bound);
        var dead = Path.Combine(SeatFolder, "0000000000~node-0~0~1.1.waiter");
        File.WriteAllText(dead, string.Empty);
        var waiting = Campaign(NewStore(), Stand("node-2"));
        await Until(() => Directory.GetFiles(SeatFolder, "*.waiter").Length == 2, "in line");
        var released = BootClock.Instance.GetTimestamp();
        await store.ReleaseAsync(leader.Term, default);
        Assert.Equal("node-2", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
        Assert.False(File.Exists(dead));
        Assert.True(BootClock.Instance.GetElapsedTime(released) < Bound);
    }

    [Fact]
    public async Task A_waiter_that_hangs_costs_the_others_one_turn()
    {
        var store = NewStore();
        var leader = await Campaign(store, Stand("node-1")).WaitAsync(Bound);
        using var hanging = new FileStream(
            Path.Combine(SeatFolder, "0000000000~node-0~0~1.1.waiter"), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        var waiting = Campaign(NewStore(), Stand("node-2"));
        await Until(() => Directory.GetFiles(SeatFolder, "*.waiter").Length == 2, "in line");
        var released = BootClock.Instance.GetTimestamp();
        await store.ReleaseAsync(leader.Term, default);
        var grant = await waiting.WaitAsync(Bound);
        Assert.True(BootClock.Instance.GetElapsedTime(released, grant.AnchoredAt) >= TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task Waiters_stand_in_line_again_after_the_folder_was_wiped_and_are_told_again()
    {
        var store = NewStore();
        await Campaign(store, Stand("node-1")).WaitAsync(Bound);
        var knowing = new Candidacy("jobs", new CandidateId("node-2", "x"), TimeSpan.FromSeconds(60))
        {
            RetryPeriod = TimeSpan.FromMilliseconds(50),
        };
        var waiting = Campaign(NewStore(), knowing);
        await Until(() => Directory.GetFiles(SeatFolder, "*.waiter").Length == 1, "in line");
        Directory.Move(Layout.Root, Path.Combine(Folder, "wiped"));
        await Until(() => Directory.Exists(SeatFolder) && Directory.GetFiles(SeatFolder, "*.waiter").Length == 1, "in line again");
        // It knows of the term that the folder lost, so the seat is taken by one that does not.
        var ignorant = await Campaign(store, Stand("node-3")).WaitAsync(Bound);
        Assert.False(waiting.IsCompleted);
        knowing.Saw(new Sighting(null, 0, Released: true));
        await store.ReleaseAsync(ignorant.Term, default);
        await waiting.WaitAsync(Bound);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named_in_one_line()
    {
        var file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "no folder");
        await using var store = new FileStore(file, BootClock.Instance);
        var term = new Term("jobs", new CandidateId("node-1", "x"), 5);
        var member = new Member("jobs", term.Candidate, Role.Follower, 0, null, 0);
        await Names(() => store.AcquireAsync(Stand("node-1"), default).AsTask());
        await Names(() => store.HeartbeatAsync(member, default).AsTask());
        await Names(() => store.WriteAsync(term, "key", "value", default).AsTask());
        await Names(() => store.ObserveAsync("jobs", default).GetAsyncEnumerator().MoveNextAsync().AsTask());

        async Task Names(Func<Task> use)
        {
            var message = (await Assert.ThrowsAsync<StoreUnavailableException>(use)).Message;
            Assert.Contains(file, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("../jobs")]
    [InlineData("a/b")]
    [InlineData("a~b")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        var store = NewStore();
        await Assert.ThrowsAsync<ArgumentException>(() => store.ListAsync(name, default).AsTask());
        var candidacy = new Candidacy("jobs", new CandidateId(name, "x"), TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ArgumentException>(() => store.AcquireAsync(candidacy, default).AsTask());
    }

    [Fact]
    public void Stores_of_one_process_share_one_watcher()
    {
        Directory.CreateDirectory(SeatFolder);
        var (one, two) = (FolderWatch.Rent(Layout.Seats), FolderWatch.Rent(Layout.Seats));
        Assert.Same(one, two);
        one.Return();
        two.Return();
        var anew = FolderWatch.Rent(Layout.Seats);
        Assert.NotSame(one, anew);
        anew.Return();
    }

    [Fact]
    public async Task A_disposed_store_ends_its_campaigns_and_leaves_the_line()
    {
        await Campaign(NewStore(), Stand("node-1")).WaitAsync(Bound);
        var store = NewStore();
        var waiting = Campaign(store, Stand("node-2"));
        await Until(() => Directory.GetFiles(SeatFolder, "*.waiter").Length == 1, "in line");
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Bound));
        Assert.Empty(Directory.GetFiles(SeatFolder, "*.waiter"));
    }
}
