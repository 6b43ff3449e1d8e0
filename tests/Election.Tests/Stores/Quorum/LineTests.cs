using AspireElection.Stores.Quorum.Transport;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <summary>Only who has the cluster's key, the same list and the right address speaks with a peer.</summary>
public sealed class LineTests
{
    private static readonly ClusterKey Key = new("the key of one cluster");
    private static readonly PeerList A = List("a");
    private static readonly PeerList B = List("b");

    [Fact]
    public void Two_peers_of_one_cluster_accept_each_other_and_get_the_same_keys()
    {
        var (claim, message, nonce) = Dial(A, "b", Key);
        var (judged, refusal) = Handshake.Judge(message, nonce, Key, B);
        Assert.Equal(LineRefusal.None, refusal);
        Assert.Equal(LineRefusal.None, Handshake.ReadVerdict(Handshake.Verdict(refusal, judged, nonce, Key), claim, nonce, Key));
        Assert.Equal(Handshake.LineKeys(claim, nonce, Key).Forth, Handshake.LineKeys(judged!, nonce, Key).Forth);
        Assert.NotEqual(Handshake.LineKeys(claim, nonce, Key).Forth, Handshake.LineKeys(claim, nonce, Key).Back);
    }

    [Fact]
    public void Another_key_is_refused_by_both_sides()
    {
        var (claim, message, nonce) = Dial(A, "b", new ClusterKey("the key of another one"));
        var (judged, refusal) = Handshake.Judge(message, nonce, Key, B);
        Assert.Equal((null, LineRefusal.Key), (judged, refusal));
        // Who has another key cannot say that it accepts, either.
        Assert.Equal(LineRefusal.Key, Handshake.ReadVerdict(Handshake.Verdict(LineRefusal.None, claim, nonce, Key), claim, nonce, new ClusterKey("the key of another one")));
    }

    [Fact]
    public void Another_list_of_peers_or_of_initial_leaders_is_refused()
    {
        foreach (var other in (PeerList[])[List("a", "a,b"), List("a", "a,b,c,d"), List("a", "a,b,c", "a")])
        {
            var (_, message, nonce) = Dial(other, "b", Key);
            Assert.Equal(LineRefusal.List, Handshake.Judge(message, nonce, Key, B).Refusal);
        }
    }

    [Theory]
    [InlineData("c")]
    [InlineData("B")]
    [InlineData("")]
    public void What_was_meant_for_another_peer_is_refused(string receiver)
    {
        var (_, message, nonce) = Dial(A, receiver, Key);
        Assert.Equal(LineRefusal.Receiver, Handshake.Judge(message, nonce, Key, B).Refusal);
    }

    [Fact]
    public void A_peer_does_not_speak_with_itself_or_with_somebody_who_is_no_peer()
    {
        Assert.Equal(LineRefusal.Receiver, Judge(B, "b", B));
        Assert.Equal(LineRefusal.List, Judge(List("x", "x,a,b,c"), "b", B));
    }

    [Fact]
    public void A_claim_that_is_played_back_to_another_nonce_is_refused()
    {
        var (_, message, _) = Dial(A, "b", Key);
        Assert.Equal(LineRefusal.Key, Handshake.Judge(message, Handshake.NewNonce(), Key, B).Refusal);
    }

    [Fact]
    public void Each_changed_byte_of_a_claim_is_noticed()
    {
        var (_, message, nonce) = Dial(A, "b", Key);
        for (var i = 0; i < message.Length; i++)
        {
            var changed = (byte[])message.Clone();
            changed[i] ^= 1;
            Assert.Equal(LineRefusal.Key, Handshake.Judge(changed, nonce, Key, B).Refusal);
        }
    }

    [Fact]
    public void A_frame_that_is_changed_repeated_left_out_or_of_the_other_direction_does_not_fit()
    {
        var (claim, _, nonce) = Dial(A, "b", Key);
        var (forth, back) = Handshake.LineKeys(claim, nonce, Key);
        var sending = new LineSeal(forth);
        byte[][] frames = [sending.Close([1]), sending.Close([2]), sending.Close([3])];

        Assert.Equal([1, 2], Opened(forth, frames[0], frames[1]));
        Assert.Equal([1], Opened(forth, frames[0], frames[0]));
        Assert.Equal([1], Opened(forth, frames[0], frames[2]));
        Assert.Empty(Opened(back, frames[0]));
        frames[0][0] ^= 1;
        Assert.Empty(Opened(forth, frames[0]));
        Assert.Empty(Opened(forth, [1, 2, 3]));
    }

    [Fact]
    public async Task A_peer_of_another_key_or_list_is_refused_and_counted_and_the_others_elect_without_it()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var stranger = peers.Strange(key: "not the key of this cluster");
        var other = peers.Strange(initial: ["p1"]);
        await using (stranger)
        await using (other)
        {
            var end = BootClock.Instance.After(TimeSpan.FromSeconds(20));
            while (peers.Stores.Skip(1).Any(s => s.RefusedLines < 2))
            {
                Assert.True(BootClock.Instance.GetTimestamp() < end, "nobody was refused");
                await Task.Delay(10);
            }

            var candidacy = new Candidacy("e", new CandidateId("p1", "x"), TimeSpan.FromSeconds(10));
            await Assert.ThrowsAsync<TimeoutException>(() => stranger.AcquireAsync(candidacy, default).AsTask().WaitAsync(TimeSpan.FromSeconds(1)));
            await peers.Stores[0].AcquireAsync(candidacy, default).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    private static LineRefusal Judge(PeerList from, string to, PeerList by)
    {
        var (_, message, nonce) = Dial(from, to, Key);
        return Handshake.Judge(message, nonce, Key, by).Refusal;
    }

    private static (Claim Claim, byte[] Message, byte[] Nonce) Dial(PeerList from, string to, ClusterKey key)
    {
        var nonce = Handshake.NewNonce();
        var claim = new Claim(from.Self, to, from.Fingerprint, Handshake.NewNonce());
        return (claim, Handshake.Write(claim, nonce, key), nonce);
    }

    private static List<int> Opened(byte[] key, params byte[][] frames)
    {
        var receiving = new LineSeal(key);
        return [.. frames.Select(f => receiving.Open(f)).TakeWhile(f => f is not null).Select(f => (int)f!.Value.Span[0])];
    }

    private static PeerList List(string self, string ids = "a,b,c", params string[] initial) =>
        new(self, ids.Split(',').ToDictionary(id => id, _ => new Uri("http://127.0.0.1:1")), initial);
}
