using AspireElection.Jobs;
using AspireElection.Stores.InProcess;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection.Hosting;

/// <summary>
/// Goes through two terms of an election of its own, in memory, while the candidates of the host wait in line. What runs for the
/// first time is compiled first: tens of milliseconds, in which a killed leader would have no successor, and a leader that
/// resigns would keep its successor waiting.
/// </summary>
/// <remarks>
/// Once in a host. Nobody is told: neither metrics nor spans nor logs, no store, no member and no health know of it, and
/// what goes wrong in it costs only its use.
/// </remarks>
internal sealed class Rehearsal(TimeProvider clock, ElectionThreads threads) : IDisposable
{
    private const string Name = "rehearsal";
    private const int Wanted = 2;

    /// <summary>Lining up goes first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private ElectionOptions? _like;

    /// <summary>How many terms it has gone through.</summary>
    public int Terms { get; private set; }

    /// <summary>Ends with it; it never fails.</summary>
    public Task Over { get; private set; } = Task.CompletedTask;

    /// <summary>An election of the host: of the first that wants it the durations are taken, so that nothing looks at a clock more often than for it.</summary>
    public void For(ElectionOptions options) => _like ??= options.Rehearses ? options : null;

    /// <summary>Plays it beside the host, where somebody wants it.</summary>
    public void Begin()
    {
        if (_like is { } like)
            Over = threads.Start(() => RunAsync(like));
    }

    public void Stop() => threads.Cancel(_stop);

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(ElectionOptions like)
    {
        try
        {
            await Task.Delay(Patience, clock, _stop.Token);
            await PlayAsync(like, _stop.Token);
        }
        catch (Exception)
        {
            // The host ends, or something of the runtime's failed that the election itself will tell of. Without the
            // rehearsal the first term is slower, nothing else.
        }
    }

    private async Task PlayAsync(ElectionOptions like, CancellationToken stopping)
    {
        await using var store = new LateAnswers(new InProcessStore(clock));
        var options = new ElectionOptions
        {
            NodeId = Name,
            LeaseDuration = like.LeaseDuration,
            RenewPeriod = like.RenewPeriod,
            Margin = like.Margin,
            RetryPeriod = like.RetryPeriod,
            NodeTimeout = like.NodeTimeout,
        };
        options.Callbacks.BecameLeader = static _ => { };
        options.Callbacks.LostLeadership = static (_, _) => { };
        await using var candidate = new Candidate(Name, store, options, Unheard.Instance, clock, threads, new Random(Wanted), isRehearsal: true);
        var job = new Job(like.LeaseDuration);
        // Not disposed: last words may still be on their way.
        LeaderWork.AddTo(candidate, [job], options, new SemaphoreSlim(1), Unheard.Instance);
        while (Terms < Wanted)
        {
            await candidate.CampaignAsync(stopping).WaitAsync(Limit, clock, stopping);
            await job.Ran.WaitAsync(Limit, clock, stopping);
            // It is renewed before it ends: so the loop takes both.
            ((INode)candidate).Doubt();
            await candidate.ResignAsync().WaitAsync(Limit, clock, stopping);
            Terms++;
        }
    }

    /// <summary>Nothing to do, but at once.</summary>
    private sealed class Job(TimeSpan period) : ILeaderJob
    {
        private readonly TaskCompletionSource _ran = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ran => _ran.Task;

        public string Name => Rehearsal.Name;

        public JobSchedule Schedule { get; } = JobSchedule.Every(period);

        public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
        {
            _ran.TrySetResult();
            return Task.FromResult(JobOutcome.Done);
        }
    }

    /// <summary>Has each message made, and keeps none.</summary>
    private sealed class Unheard : ILogger
    {
        public static readonly Unheard Instance = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            formatter(state, exception);
    }
}
