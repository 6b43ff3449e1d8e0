using AspireElection.Stores.InProcess;
using AspireElection.Timing;
using BenchmarkDotNet.Attributes;

namespace AspireElection.Benchmarks.InProcess;

/// <summary>What a leader pays for asking whether it leads, beside the bare read of the clock that any answer needs; and for a renewal without a server.</summary>
public class AskingCosts
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    private readonly BootClock _clock = BootClock.Instance;
    private InProcessStore _elections = null!;
    private InProcessStore _seats = null!;
    private Candidate _candidate = null!;
    private Term _term = null!;

    [GlobalSetup]
    public async Task StartAsync()
    {
        // Over a lease of minutes it has nothing else to do meanwhile, which would be counted as memory of the call.
        _elections = new InProcessStore(BootClock.Instance);
        _candidate = new Candidate("bench", _elections, new ElectionOptions { NodeId = "node-1", LeaseDuration = Lease });
        await _candidate.CampaignAsync();
        _seats = new InProcessStore(BootClock.Instance);
        var grant = await _seats.AcquireAsync(new Candidacy("bench", new CandidateId("node-1", "a"), Lease), default);
        _term = grant.Term;
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _candidate.DisposeAsync();
        await _elections.DisposeAsync();
        await _seats.DisposeAsync();
    }

    [Benchmark]
    public bool IsLeader() => _candidate.IsLeader;

    [Benchmark]
    public long ClockRead() => _clock.GetTimestamp();

    [Benchmark]
    public async Task<RenewAnswer> Renewal() => await _seats.RenewAsync(_term, Lease, default);
}
