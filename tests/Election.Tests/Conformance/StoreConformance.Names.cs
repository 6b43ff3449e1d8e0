namespace AspireElection.Conformance;

/// <summary>Every allowed name works, and elections keep apart.</summary>
public abstract partial class StoreConformance<TStore>
{
    [Theory]
    [MemberData(nameof(OddNames.All), MemberType = typeof(OddNames))]
    public async Task An_election_and_a_node_may_have_any_allowed_name(string name)
    {
        var (one, two) = await TwoStoresAsync();
        var leader = await Acquire(one, Stand(name, election: name));
        var waiting = Campaign(two, Stand(name, election: name));
        await UntilWaiting(1, name);
        Assert.Equal(RenewAnswer.Renewed, await Renew(one, leader.Term));
        Assert.False(waiting.IsCompleted);

        var id = leader.Term.Candidate;
        var members = await one.HeartbeatAsync(new Member(name, id, Role.Leader, 0, null, 1), default).AsTask().WaitAsync(Bound);
        Assert.Contains(members, m => m.Election == name && m.Id == id);
        await two.LeaveAsync(name, id, default).AsTask().WaitAsync(Bound);
        await one.WriteAsync(leader.Term, name, name, default).AsTask().WaitAsync(Bound);
        Assert.Equal(name, (await two.ReadAsync(name, name, default).AsTask().WaitAsync(Bound))[name]);

        await Release(one, leader.Term);
        var next = await waiting.WaitAsync(Bound);
        await Release(two, next.Term);
    }

    [Fact]
    public async Task Elections_do_not_disturb_each_other()
    {
        var (one, two) = await TwoStoresAsync();
        string[] names = [Election, Election.ToUpperInvariant(), Election + ".", Election + "-2", Election + "_"];
        var id = new CandidateId("node-1", "mine");
        var grants = new List<Grant>();
        foreach (var name in names)
            grants.Add(await Campaign(one, new Candidacy(name, id, LongLease)).WaitAsync(Bound));
        await Release(one, grants[0].Term);
        foreach (var grant in grants.Skip(1))
            Assert.Equal(RenewAnswer.Renewed, await Renew(one, grant.Term));
        Assert.Equal(RenewAnswer.Lost, await Renew(one, grants[1].Term with { Election = Election }));
        await Campaign(two, Stand("node-2")).WaitAsync(Bound);
        foreach (var grant in grants.Skip(1))
            Assert.Equal(RenewAnswer.Renewed, await Renew(one, grant.Term));
    }
}

/// <summary>Names within <c>A-Z a-z 0-9 . _ -</c> that a path, a key or an identifier may trip over.</summary>
public static class OddNames
{
    public static TheoryData<string> All => new(
        ".", "..", "-", "_", "...", "a.b-c_D", "0", "--help", "CON", "nul.txt", new string('n', 128), new string('.', 128));
}
