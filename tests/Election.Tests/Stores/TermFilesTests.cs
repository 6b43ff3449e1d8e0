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
        Assert.Equal(silent.Number, challenger.Look().Number);
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
        var next = terms.Look().Number + 1;
        File.WriteAllText(FileOf(next), string.Empty);
        Assert.False(terms.Rewrite(grant.Term, r => r));
        Assert.Equal(next, terms.Look().Number);
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
        Assert.False(File.Exists(FileOf(slept.Number + 1)), "the sleeper would not even create its file");
        Assert.Null(sleeper.TryTake(slept, Stand("node-2")));
        Assert.False(File.Exists(FileOf(slept.Number + 1)), "the sleeper left its file");
        Assert.True(terms.Rewrite(grant.Term, r => r));
    }

    [Fact]
    public void A_candidate_that_slept_since_the_folder_was_empty_withdraws()
    {
        var (terms, sleeper) = (NewTerms(), NewTerms());
        var slept = sleeper.Look();
        for (var term = 0; term < 30; term++)
            Assert.NotNull(terms.TryTake(terms.Look(), Stand("node-1")));
        var last = terms.Look().Number;
        Assert.Null(sleeper.TryTake(slept, Stand("node-2")));
        Assert.Equal(last, terms.Look().Number);
    }

    [Fact]
    public void A_release_that_was_held_up_while_the_folder_was_emptied_frees_no_seat_of_a_later_term()
    {
        var (past, holder) = (NewTerms(), NewTerms());
        var old = past.TryTake(past.Look(), Stand("node-1"))!;
        var file = FileOf(past.Look().Number);
        Assert.True(past.Rewrite(old.Term, r => r with { Released = true }));
        var release = File.ReadAllText(file);
        // First numbers are told apart by the tenth of a second.
        Assert.True(SpinWait.SpinUntil(() => TermFiles.FirstNumber(0, DateTimeOffset.UtcNow) > past.Look().Number, Bound));
        Directory.Delete(SeatFolder, recursive: true);
        Directory.CreateDirectory(SeatFolder);
        var grant = holder.TryTake(holder.Look(), Stand("node-2"))!;
        File.WriteAllText(file, release);
        Assert.True(holder.Look().Record!.IsHeldUnder(grant.Term));
        Assert.True(holder.Rewrite(grant.Term, r => r));
    }

    [Fact]
    public void Of_two_that_find_the_folder_empty_at_different_times_not_both_are_granted()
    {
        var (one, other) = (NewTerms(), NewTerms());
        var (first, second) = (one.Look(), other.Look());
        Assert.NotNull(one.TryTake(first, Stand("node-1")));
        Assert.Null(other.TryTake(second, Stand("node-2")));
    }

    [Fact]
    public void Few_files_are_kept_of_many_terms()
    {
        var terms = NewTerms();
        Assert.NotNull(terms.TryTake(terms.Look(), Stand("node-1")));
        var first = terms.Look().Number;
        for (var term = 1; term < 40; term++)
            Assert.NotNull(terms.TryTake(terms.Look(), Stand("node-1")));
        Assert.InRange(Directory.GetFiles(SeatFolder).Length, 1, 10);
        Assert.Equal(first + 39, terms.Look().Number);
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
