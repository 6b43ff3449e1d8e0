using AspireElection.Stores.Files;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores;

/// <summary>A renewal and a takeover of one term never both succeed, whoever sleeps where.</summary>
public sealed class TermFilesTests(ITestOutputHelper output) : FolderFixture
{
    [Fact]
    public void A_takeover_from_a_version_that_was_renewed_meanwhile_withdraws_and_the_leader_goes_on()
    {
        var (leader, challenger) = (NewTerms(), NewTerms());
        var grant = leader.TryTake(leader.Look(), Stand("node-1"))!;
        var silent = challenger.Look();
        Assert.True(leader.Rewrite(grant.Term, r => r));
        Assert.Null(challenger.TryTake(silent, Stand("node-2")));
        Assert.True(leader.Rewrite(grant.Term, r => r));
        Assert.Equal(1, challenger.Look().Number);
    }

    [Fact]
    public void A_renewal_finds_the_takeover_that_came_before_it()
    {
        var (leader, challenger) = (NewTerms(), NewTerms());
        var first = leader.TryTake(leader.Look(), Stand("node-1"))!;
        var second = challenger.TryTake(challenger.Look(), Stand("node-2"))!;
        Assert.False(leader.Rewrite(first.Term, r => r));
        Assert.True(challenger.Rewrite(second.Term, r => r));
        Assert.True(second.Term.Token > first.Term.Token);
    }

    [Fact]
    public void A_creator_that_has_not_written_yet_ends_the_term_before_it_and_holds_none()
    {
        var terms = NewTerms();
        var grant = terms.TryTake(terms.Look(), Stand("node-1"))!;
        File.WriteAllText(FileOf(2), string.Empty);
        Assert.False(terms.Rewrite(grant.Term, r => r));
        Assert.Equal(2, terms.Look().Number);
        Assert.Null(terms.Look().Record);
    }

    [Fact]
    public void A_candidate_that_slept_for_many_terms_finds_them_and_withdraws()
    {
        var (terms, sleeper) = (NewTerms(), NewTerms());
        var grant = terms.TryTake(terms.Look(), Stand("node-1"))!;
        var slept = sleeper.Look();
        for (var term = 0; term < 30; term++)
            grant = terms.TryTake(terms.Look(), Stand("node-1"))!;
        Assert.False(File.Exists(FileOf(2)), "the sleeper would not even create its file");
        Assert.Null(sleeper.TryTake(slept, Stand("node-2")));
        Assert.False(File.Exists(FileOf(2)), "the sleeper left its file");
        Assert.True(terms.Rewrite(grant.Term, r => r));
    }

    [Fact]
    public void A_candidate_that_slept_since_the_folder_was_empty_withdraws()
    {
        var (terms, sleeper) = (NewTerms(), NewTerms());
        var slept = sleeper.Look();
        for (var term = 0; term < 30; term++)
            Assert.NotNull(terms.TryTake(terms.Look(), Stand("node-1")));
        Assert.Null(sleeper.TryTake(slept, Stand("node-2")));
        Assert.False(File.Exists(FileOf(1)), "the sleeper left its file");
    }

    [Fact]
    public void Few_files_are_kept_of_many_terms()
    {
        var terms = NewTerms();
        for (var term = 0; term < 40; term++)
            Assert.NotNull(terms.TryTake(terms.Look(), Stand("node-1")));
        Assert.InRange(Directory.GetFiles(SeatFolder).Length, 1, 10);
        Assert.Equal(40, terms.Look().Number);
    }

    [Fact]
    public void A_version_is_counted_from_the_first_sight_of_it()
    {
        var (leader, observer) = (NewTerms(), NewTerms());
        var grant = leader.TryTake(leader.Look(), Stand("node-1"))!;
        var first = observer.Look();
        Assert.Equal(first.SeenAt, observer.Look().SeenAt);
        Assert.True(leader.Rewrite(grant.Term, r => r));
        Assert.True(observer.Look().SeenAt > first.SeenAt);
    }

    [Fact]
    public async Task A_renewal_and_a_takeover_that_race_never_both_succeed()
    {
        var (leader, challenger) = (NewTerms(), NewTerms());
        var (renewals, takeovers, neither) = (0, 0, 0);
        var grant = leader.TryTake(leader.Look(), Stand("node-1"))!;
        using var together = new Barrier(2);
        for (var round = 0; round < 400; round++)
        {
            var silent = challenger.Look();
            var taking = Task.Factory.StartNew(() =>
            {
                together.SignalAndWait(Bound);
                return challenger.TryTake(silent, Stand("node-2"));
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            together.SignalAndWait(Bound);
            // The two sides take different time: a varied delay lets them meet at every step of each other.
            Thread.SpinWait(round % 20 * 200);
            var renewed = leader.Rewrite(grant.Term, r => r);
            var taken = await taking;
            Assert.False(renewed && taken is not null, "the seat is held twice");
            renewals += renewed ? 1 : 0;
            takeovers += taken is not null ? 1 : 0;
            neither += !renewed && taken is null ? 1 : 0;
            grant = taken ?? grant;
        }

        output.WriteLine($"{renewals} renewals, {takeovers} takeovers, {neither} times neither");
        Assert.True(renewals > 0 && takeovers > 0, "the two never met");
    }

    private TermFiles NewTerms()
    {
        Directory.CreateDirectory(SeatFolder);
        return new TermFiles(SeatFolder, Layout, BootClock.Instance);
    }

    private string FileOf(long number) => Path.Combine(SeatFolder, $"{number:D16}.term");
}
