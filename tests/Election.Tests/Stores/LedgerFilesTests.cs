namespace AspireElection.Stores;

/// <summary>A ledger in a folder, when its writers die in the middle.</summary>
public sealed class LedgerFilesTests : FolderFixture
{
    private readonly CancellationToken _none = CancellationToken.None;

    [Fact]
    public async Task A_term_that_died_before_its_first_write_fences_older_ones_and_loses_nothing()
    {
        var store = NewStore();
        await store.WriteAsync(TermOf(5), "key", "kept", _none);
        File.WriteAllText(Path.Combine(Layout.LedgerOf("jobs"), $"{6:D16}~dead.fence"), string.Empty);
        await Assert.ThrowsAsync<StaleTermException>(() => store.WriteAsync(TermOf(5), "key", "stale", _none).AsTask());
        Assert.Equal("kept", (await store.ReadAsync("jobs", "", _none))["key"]);
        await store.WriteAsync(TermOf(7), "other", "x", _none);
        Assert.Equal(["key", "other"], (await store.ReadAsync("jobs", "", _none)).Keys.Order());
    }

    [Fact]
    public async Task A_document_that_an_old_term_writes_late_is_never_read()
    {
        var store = NewStore();
        await store.WriteAsync(TermOf(5), "key", "old", _none);
        var folder = Layout.LedgerOf("jobs");
        var old = Assert.Single(Directory.GetFiles(folder, "*.ledger"));
        var text = File.ReadAllText(old);
        await store.WriteAsync(TermOf(6), "key", "new", _none);
        File.WriteAllText(old, text);
        Assert.Equal("new", (await store.ReadAsync("jobs", "", _none))["key"]);
        await store.WriteAsync(TermOf(7), "other", "x", _none);
        Assert.Equal("new", (await store.ReadAsync("jobs", "", _none))["key"]);
        Assert.Single(Directory.GetFiles(folder, "*.ledger"));
        Assert.Single(Directory.GetFiles(folder, "*.fence"));
    }

    [Fact]
    public async Task A_refused_holder_of_an_equal_token_does_not_keep_the_first_out()
    {
        var store = NewStore();
        await store.WriteAsync(TermOf(5), "key", "1", _none);
        var other = TermOf(5) with { Candidate = new CandidateId("node-2", "x") };
        await Assert.ThrowsAsync<StaleTermException>(() => store.WriteAsync(other, "key", "2", _none).AsTask());
        await store.WriteAsync(TermOf(5), "key", "3", _none);
        Assert.Equal("3", (await store.ReadAsync("jobs", "", _none))["key"]);
    }

    [Fact]
    public async Task A_damaged_ledger_is_told_and_never_taken_for_an_empty_one()
    {
        var store = NewStore();
        await store.WriteAsync(TermOf(5), "key", "1", _none);
        var document = Assert.Single(Directory.GetFiles(Layout.LedgerOf("jobs"), "*.ledger"));
        File.WriteAllText(document, "{\"values\":");
        var told = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ReadAsync("jobs", "", _none).AsTask());
        Assert.Contains(document, told.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.WriteAsync(TermOf(6), "key", "2", _none).AsTask());
    }

    [Fact]
    public async Task A_damaged_member_is_not_listed_and_goes_with_the_stale()
    {
        var store = NewStore();
        Directory.CreateDirectory(Layout.MembersOf("jobs"));
        File.WriteAllText(Path.Combine(Layout.MembersOf("jobs"), "x.member"), "{");
        Assert.Empty(await store.ListAsync("jobs", _none));
        var removed = 0;
        await Until(async () => (removed += await store.RemoveStaleAsync("jobs", TimeSpan.FromMilliseconds(20), _none)) > 0, "removed");
        Assert.Empty(Directory.GetFiles(Layout.MembersOf("jobs")));
    }

    private static Term TermOf(long token) => new("jobs", new CandidateId("node-1", "x"), token);
}
