using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>The protocol of the quorum store in thousands of histories, each from a seed.</summary>
/// <remarks>
/// A longer run, or other seeds: <c>RAFT_HISTORIES=1000000 FIRST_SEED=500000 dotnet test tests/Election.Tests --filter
/// Raft_histories_keep_every_property</c>; a failure says how to replay it.
/// </remarks>
public sealed class RaftHistoriesTests(ITestOutputHelper output)
{
    private const int Usual = 2_000;
    private const int UsualCalm = 200;
    private const int Long = 20_000;

    [Fact, Trait("Pace", "long")]
    public void Raft_histories_keep_every_property() => Explore(FromEnvironment("RAFT_HISTORIES", Usual));

    [Fact, Trait("Run", "all"), Trait("Pace", "long")]
    public void Many_raft_histories_keep_every_property() => Explore(FromEnvironment("RAFT_HISTORIES", Long));

    /// <remarks>
    /// The first seeds waited for the end of a lease: 580 because a candidate of a higher term took the seat from the one that had
    /// won, 647 and 943 because the news of a release was lost, which was said once.
    /// </remarks>
    [Fact, Trait("Pace", "long")]
    public void Where_little_goes_wrong_nobody_waits_for_a_lease()
    {
        var first = FromEnvironment("FIRST_SEED", 1);
        var more = FromEnvironment("RAFT_HISTORIES", UsualCalm);
        var longest = 0L;
        foreach (var seed in new[] { 580ul, 647ul, 943ul, 513ul, 518ul, 836ul }.Concat(Enumerable.Range(0, (int)more).Select(i => first + (ulong)i)))
        {
            var history = new RaftHistory(new RaftPlan(seed, calm: true));
            if (Failure(history) is not null)
                Assert.Fail(Tell(seed, calm: true));
            longest = Math.Max(longest, history.Check.LongestVacancy);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"nobody led for at most {longest / 1e4:0} ms while somebody stood"));
    }

    [Fact]
    public void A_seed_replays_the_same_history()
    {
        Assert.Equal(Hashes(), Hashes());

        static ulong[] Hashes() => [.. Enumerable.Range(1, 30).Select(seed =>
        {
            var history = new RaftHistory(new RaftPlan((ulong)seed));
            history.Run();
            return history.Hash;
        })];
    }

    private void Explore(ulong count)
    {
        var first = FromEnvironment("FIRST_SEED", 1);
        var watch = Stopwatch.StartNew();
        long messages = 0, reigns = 0, commits = 0, reads = 0, failed = long.MaxValue, latest = 0;
        Parallel.For(0, (long)count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (i, loop) =>
        {
            var history = new RaftHistory(new RaftPlan(first + (ulong)i));
            if (Failure(history) is not null)
            {
                loop.Break();
                Lower(ref failed, i);
                return;
            }

            Interlocked.Add(ref messages, history.Network.Messages);
            Interlocked.Add(ref reigns, history.Check.Reigns);
            Interlocked.Add(ref commits, history.Check.Commits);
            Interlocked.Add(ref reads, history.Check.Reads);
            Raise(ref latest, history.Check.SettledAt - RaftPlan.FaultsEnd);
        });
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} histories in {watch.Elapsed.TotalSeconds:0.0} s: {reigns} terms, {commits} commits, {reads} reads, {messages} messages; the last leader was seated at most {latest / 1e4:0} ms after the last fault"));
        if (failed != long.MaxValue)
            Assert.Fail(Tell(first + (ulong)failed));
    }

    /// <summary>All that is known of a history, for people.</summary>
    internal static string Tell(ulong seed, bool calm = false)
    {
        var history = new RaftHistory(new RaftPlan(seed, calm), told: true);
        var failure = Failure(history);
        return string.Join(
            Environment.NewLine,
            [
                $"seed {seed} breaks {failure?.Message}; to replay it:",
                $"RAFT_HISTORIES=1 FIRST_SEED={seed} dotnet test tests/Election.Tests --filter {(calm ? nameof(Where_little_goes_wrong_nobody_waits_for_a_lease) : nameof(Raft_histories_keep_every_property))}",
                history.Plan.ToString(),
                .. history.Plan.Nodes.Select(n => "  " + n),
                .. history.Plan.Faults.OrderBy(f => f.At).Select(f => "  " + f),
                .. history.Lines.TakeLast(200),
                failure?.StackTrace ?? string.Empty,
            ]);
    }

    /// <summary>Null when no checker found anything.</summary>
    internal static Exception? Failure(RaftHistory history)
    {
        try
        {
            history.Run();
            return null;
        }
        // A mistake may as well break the machine; whatever it throws is a finding.
        catch (Exception exception)
        {
            return exception;
        }
    }

    private static void Lower(ref long value, long to)
    {
        long seen;
        while ((seen = Interlocked.Read(ref value)) > to)
            Interlocked.CompareExchange(ref value, to, seen);
    }

    private static void Raise(ref long value, long to)
    {
        long seen;
        while ((seen = Interlocked.Read(ref value)) < to)
            Interlocked.CompareExchange(ref value, to, seen);
    }

    private static ulong FromEnvironment(string name, ulong usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : usual;
}
