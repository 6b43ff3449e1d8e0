using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection.History;

/// <summary>The history of one term: its beginning as its leader measured it, and its farewell.</summary>
internal sealed class TermRecording(
    Leadership held, ILedger ledger, LeadershipTimes times, TimeProvider clock, SemaphoreSlim turns, ILogger logger)
{
    private const int Attempts = 5;

    private readonly TaskCompletionSource<TimeSpan> _jobs = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private (DateTimeOffset At, long Timestamp)? _told;
    private bool _ended;

    public Leadership Held => held;

    public void JobsBegin() => _jobs.TrySetResult(clock.GetElapsedTime(held.Succession.LeadsAt));

    /// <summary>Begins; <paramref name="awaitsJobs"/> says whether a first job is to be waited for.</summary>
    public void Start(bool awaitsJobs, ElectionThreads threads)
    {
        held.Resigning.UnsafeRegister(_ => Told(threads), null);
        held.Lost.UnsafeRegister(_ => Ended(threads), null);
        // What runs for the first time is compiled first, and a farewell is said in a hurry.
        _ = FarewellFor(LossReason.Resigned, null).ToJson();
        _ = threads.Start(() => RecordAsync(awaitsJobs));
    }

    private async Task RecordAsync(bool awaitsJobs)
    {
        try
        {
            var facts = await ReadFactsAsync();
            if (!awaitsJobs || !_jobs.Task.IsCompleted)
                await AppendAsync(facts);
            if (!awaitsJobs)
                return;
            var firstJob = await _jobs.Task;
            // What the leader before has left may have come while the jobs were begun.
            if (facts.Seen.Previous is { } previous && (facts.Farewell?.Term != previous.Term || facts.Farewell.DrainMs is null))
                facts = facts with { Farewell = await ReadFarewellAsync() };
            await AppendAsync(facts with { FirstJob = firstJob });
        }
        catch (StaleTermException)
        {
            // A newer term writes: this one is over, and its successor tells what it saw of it.
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested)
        {
            // The term was over before its first job, or before the store answered.
        }
        catch (Exception exception)
        {
            ElectionLog.HistoryNotWritten(logger, held.Term.Election, held.Token, exception);
        }
    }

    private async Task<TransitionFacts> ReadFactsAsync()
    {
        var farewell = await ReadFarewellAsync();
        // A whole log for each takeover would be too much: whoever saw the leader before knows what it says.
        var logged = held.Succession.Previous is null
            ? (await AskAsync(t => ledger.ReadLogAsync(held.Term.Election, Transition.Log, t))).Select(Transition.FromJson).OfType<Transition>().LastOrDefault()
            : null;
        return new TransitionFacts(held.Term, held.Since, times.Lease, held.Succession, farewell, logged, null);
    }

    private async Task<Farewell?> ReadFarewellAsync() =>
        Farewell.Newest(await AskAsync(t => ledger.ReadAsync(held.Term.Election, Farewell.Key, t)));

    private Task<bool> AppendAsync(TransitionFacts facts) => AskAsync(async t =>
    {
        await ledger.AppendAsync(held.Term, Transition.Log, facts.ToTransition().ToJson(), Transition.Kept, t);
        return true;
    });

    /// <summary>Asks the store a few times, while the term lasts: an answer that was lost costs an entry twice, which readers bear.</summary>
    private async Task<T> AskAsync<T>(Func<CancellationToken, ValueTask<T>> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AskOnceAsync(ask, held.Lost);
            }
            catch (Exception exception) when (exception is not StaleTermException && attempt < Attempts && !held.Lost.IsCancellationRequested)
            {
                await Task.Delay(times.RetryPeriod, clock, held.Lost);
            }
        }
    }

    private async Task<T> AskOnceAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken over)
    {
        using var limit = new CancellationTokenSource(times.Lease, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, over);
        await turns.WaitAsync(either.Token);
        try
        {
            // The outer bound is for a store that does not obey its token.
            return await ask(either.Token).Within(times.Lease, clock, over);
        }
        finally
        {
            turns.Release();
        }
    }

    /// <summary>Started elsewhere: what a store does before its first await must not hold up those who are told after this.</summary>
    private void Told(ElectionThreads threads)
    {
        lock (_gate)
        {
            // Told to stop by the end itself, which says all; it may be here first, from another thread.
            if (_ended || held.EndedBecause is not null)
                return;
            _told = (clock.GetUtcNow(), clock.GetTimestamp());
            _ = threads.Start(() => SayAsync(Farewell.Key, held.ToldToStopBecause, null));
        }
    }

    private void Ended(ElectionThreads threads)
    {
        _jobs.TrySetCanceled();
        lock (_gate)
        {
            _ended = true;
            double? drained = _told is { } told ? clock.GetElapsedTime(told.Timestamp).TotalMilliseconds : null;
            _ = threads.Start(() => SayAsync(Farewell.EndKey, held.EndedBecause, drained));
        }
    }

    private Farewell FarewellFor(LossReason? reason, double? drained) => new(
        held.Token, held.Term.Candidate.NodeId, (reason ?? LossReason.Lost).ToString().ToLowerInvariant(), _told?.At ?? clock.GetUtcNow(), drained);

    private async Task SayAsync(string key, LossReason? reason, double? drained)
    {
        var said = FarewellFor(reason, drained);
        try
        {
            await AskOnceAsync(
                async t =>
                {
                    await ledger.WriteAsync(held.Term, key, said.ToJson(), t);
                    return true;
                },
                CancellationToken.None);
        }
        catch (StaleTermException)
        {
            // The next term has begun to write: it made its entry of what it saw.
        }
        catch (Exception exception)
        {
            // The store is away, or closed with the process.
            ElectionLog.FarewellNotSaid(logger, held.Term.Election, held.Token, exception);
        }
    }
}
