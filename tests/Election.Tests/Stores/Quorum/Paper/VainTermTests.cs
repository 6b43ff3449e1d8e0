using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Terms that nobody leads in, or not any more: the promises made to them must not keep the next leader waiting.</summary>
public sealed class VainTermTests
{
    private static readonly TimeSpan LongLease = TimeSpan.FromSeconds(60);

    private readonly RaftGroup _group = new();

    // a wins its term by b, which promises its lease; c, which stood in a higher one, takes it from a and wins nothing.
    [Fact]
    public void A_term_that_was_won_in_vain_binds_nobody()
    {
        Collide();
        Deliver("a", "b");
        Assert.Equal(RaftRole.Leader, _group["a"].Role);
        _group.Deliver(m => m is Append && m.To == "b");
        _group.Deliver(m => m is VoteRequest or VoteAnswer);
        Assert.Equal(new Lost(1, LostBecause.HigherTerm), _group.Events<Lost>("a").Single());
        Assert.DoesNotContain("abc", i => _group.Events<Elected>(i.ToString()).Any());
        NextWithinMilliseconds(600);
    }

    // The same after a was told that it leads: its candidate may trust, until it says that it does not.
    [Fact]
    public void A_term_that_was_lost_binds_the_others_until_nobody_trusts_in_it()
    {
        Collide();
        Deliver("a", "b");
        _group.Deliver(m => (m is Append && m.To == "b") || (m is AppendAnswer && m.From == "b"));
        Assert.Equal(1, _group.Events<Elected>("a").Single().Term);
        _group.Deliver(m => m is VoteRequest or VoteAnswer);
        Assert.Equal(new Lost(1, LostBecause.HigherTerm), _group.Events<Lost>("a").Single());
        var until = _group.Now + TimeSpan.FromSeconds(3);
        while (_group.Now < until)
        {
            _group.Pass(50);
            foreach (var id in "abc".Select(i => i.ToString()))
                _group.Do(id, r => r.Tick(_group.Now));
            _group.Deliver();
        }

        Assert.DoesNotContain("bc", i => _group.Events<Elected>(i.ToString()).Any());
        _group.Do("a", r => r.Disown(_group.Now, 2));
        Assert.Empty(_group.Wire.OfType<SeatReleased>());
        _group.Do("a", r => r.Disown(_group.Now, 1));
        NextWithinMilliseconds(600);
    }

    // c leads after all, and is gone before b heard of it: a knows that nobody trusts in its own term, and says so when it stands.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_term_that_was_lost_to_a_leader_that_dies_binds_nobody(bool told)
    {
        Collide();
        Deliver("a", "b");
        _group.Deliver(m => (m is Append && m.To == "b") || (told && m is AppendAnswer && m.From == "b"));
        Assert.Equal(told, _group["a"].Leads);
        _group.Lose();
        _group.Step(new Append("c", "a", 9, 0, 0, [], 0, 0, TimeSpan.Zero, []));
        Assert.Equal(("c", new Lost(1, LostBecause.HigherTerm)), (_group["a"].Leader, _group.Events<Lost>("a").Single()));
        _group.Do("a", r => r.Disown(_group.Now, 1));
        _group.Stand("a", lease: LongLease);
        var freeAt = _group.Now;
        _group.RunUntil(() => _group["a"].Leads, "ab");
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(600), $"{_group.Now - freeAt}");
    }

    // A candidacy that was cancelled while its term was being won leaves no lease behind.
    [Fact]
    public void A_term_that_was_won_for_nobody_is_given_back()
    {
        _group.Stand("a");
        _group.Wake("a");
        _group.Deliver(m => m is not AppendAnswer);
        Assert.Equal(RaftRole.Leader, _group["a"].Role);
        _group.Do("a", r => r.Withdraw(_group.Now));
        _group.Deliver();
        Assert.Empty(_group.Events<Elected>("a"));
        Assert.NotEmpty(_group.Events<SeatVacated>("b"));
        Assert.Equal(RaftRole.Follower, _group["a"].Role);
    }

    /// <summary>a stands in term 1 and c in term 9, each before it hears of the other.</summary>
    private void Collide()
    {
        _group.Stand("a", lease: LongLease);
        _group.Do("c", r => r.Stand(_group.Now, RaftGroup.Standing("c", lease: LongLease) with { AtLeast = 9 }));
        _group.Wake("a");
        _group.Wake("c");
        _group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        Assert.All(["a", "c"], i => Assert.Equal(RaftRole.Candidate, _group[i].Role));
        Assert.Equal((1L, 9L), (_group["a"].Term, _group["c"].Term));
    }

    private void Deliver(string one, string other) =>
        _group.Deliver(m => m is VoteRequest or VoteAnswer && ((m.From == one && m.To == other) || (m.From == other && m.To == one)));

    private void NextWithinMilliseconds(double limit)
    {
        var freeAt = _group.Now;
        _group.RunUntil(() => _group.Peers.Values.Any(p => p.Leads));
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(limit), $"{_group.Now - freeAt}");
    }
}
