using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection;

/// <summary>
/// One leadership from its grant to its end: runs the work, renews while trust lasts, drains on a resign, and gives
/// the seat back only after the work has ended or was cut.
/// </summary>
internal sealed class Tenure : IWallWatcher
{
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(2);

    private readonly ILeaseStore _store;
    private readonly LeadershipTimes _times;
    private readonly TimeProvider _clock;
    private readonly ElectionThreads _threads;
    private readonly ElectionTelemetry _telemetry;
    private readonly StoreHealth _health;
    private readonly ILogger _logger;
    private readonly Wake _wake;
    private readonly ClockWatch _walls;
    private readonly INode _node;
    private Completion _over;
    private Task _work = Task.CompletedTask;
    private int _resignReason = -1;
    private volatile bool _doubted;
    private volatile bool _givesBack;
    private TimeSpan _lead;
    private long _partedTicks;
    private long _renewAt;
    private long _turnedAt;

    public Tenure(
        ILeaseStore store,
        LeadershipTimes times,
        TimeProvider clock,
        ElectionThreads threads,
        ElectionTelemetry telemetry,
        StoreHealth health,
        ILogger logger,
        INode node,
        Leadership leadership,
        long anchoredAt)
    {
        _store = store;
        _times = times;
        _clock = clock;
        _threads = threads;
        _telemetry = telemetry;
        _health = health;
        _logger = logger;
        _node = node;
        _wake = new Wake(clock, times.Slice);
        _walls = Ticker.Of(clock).Walls;
        _lead = _walls.Lead;
        StartedAt = _turnedAt = clock.GetTimestamp();
        _renewAt = anchoredAt + times.RenewPeriod.ToTicksOf(clock);
        Leadership = leadership;
    }

    public Leadership Leadership { get; }

    /// <summary>Whether the seat is given back at once when the leadership has ended: what is not urgent waits for <see cref="INode.GaveBack"/>.</summary>
    public bool GivesBack => _givesBack;

    /// <summary>Ends when the seat was given back or lost, and the work has ended.</summary>
    public Task Over => _over.Task;

    /// <summary>When it began, as a timestamp.</summary>
    public long StartedAt { get; }

    /// <summary>When the loop last turned, as a timestamp.</summary>
    public long TurnedAt => Volatile.Read(ref _turnedAt);

    /// <summary>The store or the clock gave reason to doubt the term: renew at once.</summary>
    public void Doubt()
    {
        _doubted = true;
        _wake.Set();
    }

    /// <summary>Asks for an orderly end; the first reason stays.</summary>
    public void Resign(LossReason reason)
    {
        if (Interlocked.CompareExchange(ref _resignReason, (int)reason, -1) == -1)
            _wake.Set();
    }

    /// <summary>Wakes the loop after somebody ended the leadership.</summary>
    public void Ended() => _wake.Set();

    /// <summary>Gives back a seat in which this node never led.</summary>
    public async Task GiveBackAsync()
    {
        Leadership.End(LossReason.Stopped);
        await ReleaseAsync();
        _over.Set();
    }

    /// <summary>Ends without giving back, after something broke that must not: the seat goes on when its lease ends.</summary>
    public async Task AbandonAsync()
    {
        try
        {
            Leadership.End(LossReason.Lost);
            await AwaitWorkAsync();
        }
        finally
        {
            _over.Set();
        }
    }

    /// <summary>Begins: from now on trust ends on time, whatever else is late.</summary>
    public void WatchTrust() => _threads.WatchDeadline(Leadership, _times.Slice);

    public async Task RunAsync(IReadOnlyList<Func<Leadership, Task>> whileLeading)
    {
        _walls.Add(this);
        ((IWallWatcher)this).WallsParted(_walls.Lead);
        try
        {
            // On a starved pool the term may be over before it began.
            if (whileLeading.Count > 0 && Leadership.IsTrusted)
                _work = StartWork(whileLeading);
            while (Leadership.IsTrusted && ResignReason is null)
            {
                await _wake.WaitUntilAsync(_renewAt);
                await RenewIfDueAsync();
            }

            // Nobody else may have looked at the clock yet: whoever finds the end says so.
            if (!Leadership.IsTrusted)
                Leadership.End(LossReason.Expired);
            else if (ResignReason is { } reason)
                await HandOverAsync(reason);
            await AwaitWorkAsync();
            // Another thread may have ended the leadership and be about to tell: the next term, of this node or of
            // another to whom the seat is given, must not begin before.
            await Leadership.Told;
            if (Leadership.EndedBecause == LossReason.Expired && _work.IsCompleted)
                await ReleaseExpiredAsync();
        }
        finally
        {
            _walls.Remove(this);
            _over.Set();
        }
    }

    /// <summary>Tells the work to stop and goes on renewing until it has ended or the drain limit has come.</summary>
    private async Task HandOverAsync(LossReason reason)
    {
        using var span = _telemetry.StartHandOver(Leadership.Token, reason);
        using (ElectionTelemetry.StartStep("drain"))
        {
            Leadership.TellToStop(reason);
            WakeAfterWork();
            var limit = _clock.After(_times.DrainLimit);
            while (!_work.IsCompleted && Leadership.IsTrusted && _clock.GetTimestamp() < limit)
            {
                await _wake.WaitUntilAsync(Math.Min(_renewAt, limit));
                await RenewIfDueAsync();
            }
        }

        if (!Leadership.IsTrusted)
            reason = LossReason.Expired;
        _givesBack = reason != LossReason.Expired;
        try
        {
            // Believing ends before the seat is free; the other way round, two nodes would lead for as long as it takes.
            if (Leadership.End(reason) && reason != LossReason.Expired)
            {
                using (ElectionTelemetry.StartStep("release"))
                    await ReleaseAsync();
            }
        }
        finally
        {
            if (_givesBack)
                _node.GaveBack();
        }
    }

    /// <summary>Renews when it is time or when in doubt, and says when to renew next.</summary>
    private async Task RenewIfDueAsync()
    {
        Volatile.Write(ref _turnedAt, _clock.GetTimestamp());
        SayParted();
        if ((!_doubted && _clock.GetTimestamp() < _renewAt) || !Leadership.IsTrusted)
            return;
        _doubted = false;
        var sentAt = _clock.GetTimestamp();
        _renewAt = sentAt + _times.RenewPeriod.ToTicksOf(_clock);
        using var span = _telemetry.StartRenewal(Leadership.Token);
        try
        {
            var answer = await RenewOnceAsync();
            _telemetry.RenewalEnded(_clock.GetElapsedTime(sentAt), null);
            _health.Reached();
            if (answer == RenewAnswer.Lost)
                EndLost();
            else if (Leadership.Extend(sentAt + _times.Trust.ToTicksOf(_clock)))
                SayRenewed();
        }
        catch (Exception exception)
        {
            // Unknown: the renewal may or may not have been applied. Trust is neither stretched nor ended.
            _telemetry.RenewalEnded(_clock.GetElapsedTime(sentAt), exception);
            ElectionTelemetry.Fail(span, exception);
            _health.Failed(exception);
            ElectionLog.RenewalUnknown(
                _logger, Leadership.Term.Election, Leadership.Token, Leadership.TrustLeft.TotalMilliseconds, _health.Trouble);
            _renewAt = _clock.After(_times.RenewPeriod / 4);
        }
    }

    private void SayRenewed()
    {
        ElectionLog.Renewed(_logger, Leadership.Term.Election, Leadership.Token);
        _node.Renewed(Leadership);
    }

    private void EndLost()
    {
        var left = Leadership.TrustLeft;
        if (Leadership.End(LossReason.Lost) && left > TimeSpan.Zero)
            ElectionLog.StoreBrokeItsWord(_logger, _store.Kind, Leadership.Term.Election, Leadership.Token, left.TotalMilliseconds);
    }

    private async Task<RenewAnswer> RenewOnceAsync()
    {
        using var limit = new CancellationTokenSource(_times.RenewPeriod, _clock);
        // The outer bound is for a store that does not obey its token: the loop must come back for the next try.
        return await _store.RenewAsync(Leadership.Term, _times.Lease, limit.Token).AsTask().WaitAsync(_times.RenewPeriod, _clock);
    }

    private async Task ReleaseAsync()
    {
        try
        {
            // A process that ends has less time: with a store that hangs the seat is lost with its lease either way.
            var atMost = ResignReason == LossReason.Stopped && _times.Lease > LongestStop ? LongestStop : _times.Lease;
            using var limit = new CancellationTokenSource(atMost, _clock);
            await _store.ReleaseAsync(Leadership.Term, limit.Token).AsTask().WaitAsync(atMost, _clock);
            _health.Reached();
        }
        catch (Exception exception)
        {
            _health.Failed(exception);
            ElectionLog.ReleaseFailed(_logger, Leadership.Term.Election, Leadership.Token, _health.Trouble);
        }
    }

    /// <summary>
    /// Renewals that were applied while their answers were lost have stretched the seat beyond trust: nobody would lead
    /// for up to a lease more. The store is probably away, so this node's next campaign waits for it only shortly.
    /// </summary>
    private async Task ReleaseExpiredAsync()
    {
        try
        {
            var atMost = _times.RetryPeriod < LongestStop ? _times.RetryPeriod : LongestStop;
            using var limit = new CancellationTokenSource(atMost, _clock);
            await _store.ReleaseAsync(Leadership.Term, limit.Token).AsTask().WaitAsync(atMost, _clock);
        }
        catch (Exception exception)
        {
            _health.Failed(exception);
        }
    }

    private Task StartWork(IReadOnlyList<Func<Leadership, Task>> whileLeading) => _threads.Start(() => RunWorkAsync(whileLeading));

    private async Task RunWorkAsync(IReadOnlyList<Func<Leadership, Task>> whileLeading)
    {
        try
        {
            // Each started on its own: one that throws or blocks before its first await would otherwise keep the others
            // from starting, or have the seat released while those before it still run.
            await Task.WhenAll(whileLeading.Select(work => _threads.Start(async () => await work(Leadership))));
        }
        catch (OperationCanceledException) when (Leadership.Resigning.IsCancellationRequested)
        {
            // The work obeyed.
        }
        catch (Exception exception)
        {
            ElectionLog.WorkFailed(_logger, Leadership.Term.Election, Leadership.Token, exception);
        }
    }

    /// <summary>
    /// A new campaign before the old work has ended could run the same job twice on this node. Bounded, because work
    /// that ignores its token must not keep the node out of the election for ever.
    /// </summary>
    private async Task AwaitWorkAsync()
    {
        if (_work.IsCompleted)
            return;
        WakeAfterWork();
        var limit = _clock.After(_times.DrainLimit + _times.Lease);
        while (!_work.IsCompleted && _clock.GetTimestamp() < limit)
        {
            // Whoever asks whether the loop stands still must not mistake patience for it.
            Volatile.Write(ref _turnedAt, _clock.GetTimestamp());
            await _wake.WaitUntilAsync(Math.Min(limit, _clock.After(_times.Lease)));
        }

        if (!_work.IsCompleted)
        {
            ElectionLog.WorkOutlivesTerm(
                _logger, Leadership.Term.Election, Leadership.Token, (_times.DrainLimit + _times.Lease).TotalSeconds);
        }
    }

    private void WakeAfterWork() => _ = _work.ContinueWith(
        static (_, wake) => ((Wake)wake!).Set(), _wake, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>What moved the clocks apart may have outlasted the lease: renew at once.</summary>
    void IWallWatcher.WallsParted(TimeSpan lead)
    {
        var apart = lead - _lead;
        if (apart.Duration() <= (_times.Margin > _times.Slice ? _times.Margin : _times.Slice))
            return;
        _lead = lead;
        Interlocked.Exchange(ref _partedTicks, apart.Ticks);
        Doubt();
    }

    private void SayParted()
    {
        if (Interlocked.Exchange(ref _partedTicks, 0) is not 0 and var ticks)
        {
            _telemetry.ClockJumped();
            ElectionLog.ClockJumped(_logger, TimeSpan.FromTicks(ticks).TotalSeconds);
        }
    }

    private LossReason? ResignReason => Volatile.Read(ref _resignReason) is >= 0 and var reason ? (LossReason)reason : null;
}
