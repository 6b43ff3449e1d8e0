using AspireElection.Stores.Etcd;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>A leader's picture of those behind it is told by looks and by a watch, in any order.</summary>
public sealed class LineBehindTests
{
    private const string Own = "election/1";
    private const string Second = "election/2";
    private const string Third = "election/3";

    private readonly LineBehind _line = new();

    [Fact]
    public void A_look_from_before_what_the_watch_has_told_leaves_nobody_out()
    {
        _line.Hear(Came(Second, 12));
        _line.See([], Own, revision: 11, _line.Watches);
        _line.Hear(Came(Third, 13));
        Assert.Null(_line.Successor());

        _line.See([At(Second, 12), At(Third, 13)], Own, revision: 13, _line.Watches);
        Assert.Equal(Second, _line.Successor()?.Next.Key);
    }

    [Fact]
    public void A_look_from_before_the_watch_ended_leaves_nobody_out()
    {
        var watches = _line.Watches;
        _line.Forget();
        _line.See([At(Third, 13)], Own, revision: 13, watches);
        Assert.False(_line.IsKnown);
    }

    [Fact]
    public void What_the_watch_tells_again_was_in_the_look_already()
    {
        _line.See([At(Second, 12)], Own, revision: 14, _line.Watches);
        _line.Hear(Gone(Second, 11));
        Assert.Equal(Second, _line.Successor()?.Next.Key);
        _line.Hear(Gone(Second, 15));
        Assert.Null(_line.Successor());
    }

    private static Place At(string key, long created) => Place.Of(new KeyValue(key, Value(), created, created));

    private static WatchEvent Came(string key, long revision) => new(new KeyValue(key, Value(), revision, revision), IsDeleted: false);

    private static WatchEvent Gone(string key, long revision) => new(new KeyValue(key, string.Empty, 0, revision), IsDeleted: true);

    private static string Value() => Place.ValueOf(new Candidacy("election", new CandidateId("node", "1"), TimeSpan.FromSeconds(2)));
}
