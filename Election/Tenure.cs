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

    private readonly Equipment _with;
    private readonly Wake _wake;
    private readonly Action? _releaseNears;
    private Completion _over;
    private Task _work = Task.CompletedTask;
    private int _resignReason = -1;
    private volatile bool _doubted;
    private volatile bool _givesBack;
    private TimeSpan _lead;
    private long _partedTicks;
    private long _renewAt;
    private long _turnedAt;

    public Tenure(Equipment with, Leadership leadership, Grant grant)
    {
        _with = with;
        _wake = new Wake(Clock, Times.Slice);
        _lead = Walls.Lead;
        StartedAt = _turnedAt = Clock.GetTimestamp();
        _renewAt = grant.AnchoredAt + Times.RenewPeriod.ToTicksOf(Clock);
        _releaseNears = grant.ReleaseNears;
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
        if (Interlocked.CompareExchange(ref _resignReason, (int)reason, -1) != -1)
            return;
        _wake.Set();
        // While the loop wakes; where there is work, when that has ended.
        if (_work.IsCompleted)
            _releaseNears?.Invoke();
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
    public void WatchTrust() => _with.Threads.WatchDeadline(Leadership, Times.Slice);

    public async Task RunAsync(IReadOnlyList<Func<Leadership, Task>> whileLeading)
    {
        Walls.Add(this);
        ((IWallWatcher)this).WallsParted(Walls.Lead);
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
            if (Leadership.EndedBecause is LossReason.Expired or LossReason.Lost && _work.IsCompleted)
                await ReleaseOverAsync();
        }
        finally
        {
            Walls.Remove(this);
            _over.Set();
        }
    }

    /// <summary>Tells the work to stop and goes on renewing until it has ended or the drain limit has come.</summary>
    private async Task HandOverAsync(LossReason reason)
    {
        using var span = _with.Telemetry.StartHandOver(Leadership.Token, reason);
        using (ElectionTelemetry.StartStep("drain"))
        {
            Leadership.TellToStop(reason);
            WakeAfterWork();
            var limit = Clock.After(Times.DrainLimit);
            while (!_work.IsCompleted && Leadership.IsTrusted && Clock.GetTimestamp() < limit)
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
                _with.Node.GaveBack();
        }
    }

    /// <summary>Renews when it is time or when in doubt, and says when to renew next.</summary>
    private async Task RenewIfDueAsync()
    {
        Volatile.Write(ref _turnedAt, Clock.GetTimestamp());
        SayParted();
        if ((!_doubted && Clock.GetTimestamp() < _renewAt) || !Leadership.IsTrusted)
            return;
        _doubted = false;
        var sentAt = Clock.GetTimestamp();
        _renewAt = sentAt + Times.RenewPeriod.ToTicksOf(Clock);
        using var span = _with.Telemetry.StartRenewal(Leadership.Token);
        try
        {
            var answer = await RenewOnceAsync();
            _with.Telemetry.RenewalEnded(Clock.GetElapsedTime(sentAt), null);
            _with.Health.Reached();
            if (answer == RenewAnswer.Lost)
                EndLost();
            else if (Leadership.Extend(sentAt + Times.Trust.ToTicksOf(Clock)))
                SayRenewed();
        }
        catch (Exception exception)
        {
            // Unknown: the renewal may or may not have been applied. Trust is neither stretched nor ended.
            _with.Telemetry.RenewalEnded(Clock.GetElapsedTime(sentAt), exception);
            ElectionTelemetry.Fail(span, exception);
            _with.Health.Failed(exception);
            ElectionLog.RenewalUnknown(
                Logger, Leadership.Term.Election, Leadership.Token, Leadership.TrustLeft.TotalMilliseconds, _with.Health.Trouble);
            _renewAt = Clock.After(Times.RenewPeriod / 4);
        }
    }

    private void SayRenewed()
    {
        ElectionLog.Renewed(Logger, Leadership.Term.Election, Leadership.Token);
        _with.Node.Renewed(Leadership);
    }

    private void EndLost()
    {
        var left = Leadership.TrustLeft;
        if (Leadership.End(LossReason.Lost) && left > TimeSpan.Zero)
            ElectionLog.StoreBrokeItsWord(Logger, _with.Store.Kind, Leadership.Term.Election, Leadership.Token, left.TotalMilliseconds);
    }

    private async Task<RenewAnswer> RenewOnceAsync()
    {
        using var limit = new CancellationTokenSource(Times.RenewPeriod, Clock);
        // The outer bound is for a store that does not obey its token: the loop must come back for the next try.
        return await _with.Store.RenewAsync(Leadership.Term, Times.Lease, limit.Token).Within(Times.RenewPeriod, Clock);
    }

    private async Task ReleaseAsync()
    {
        try
        {
            // A process that ends has less time: with a store that hangs the seat is lost with its lease either way.
            var atMost = ResignReason == LossReason.Stopped && Times.Lease > LongestStop ? LongestStop : Times.Lease;
            using var limit = new CancellationTokenSource(atMost, Clock);
            await _with.Store.ReleaseAsync(Leadership.Term, limit.Token).Within(atMost, Clock);
            _with.Health.Reached();
        }
        catch (Exception exception)
        {
            _with.Health.Failed(exception);
            ElectionLog.ReleaseFailed(Logger, Leadership.Term.Election, Leadership.Token, _with.Health.Trouble);
        }
    }

    /// <summary>
    /// Renewals that were applied while their answers were lost have stretched the seat beyond trust: nobody would lead
    /// for up to a lease more. What the voters of a quorum promised to a term outlives it likewise, where a higher one took it
    /// and its winner died. The store is probably away, so this node's next campaign waits for it only shortly.
    /// </summary>
    private async Task ReleaseOverAsync()
    {
        try
        {
            var atMost = Times.RetryPeriod < LongestStop ? Times.RetryPeriod : LongestStop;
            using var limit = new CancellationTokenSource(atMost, Clock);
            await _with.Store.ReleaseAsync(Leadership.Term, limit.Token).Within(atMost, Clock);
        }
        catch (Exception exception)
        {
            _with.Health.Failed(exception);
        }
    }

    private Task StartWork(IReadOnlyList<Func<Leadership, Task>> whileLeading) => _with.Threads.Start(() => RunWorkAsync(whileLeading));

    private async Task RunWorkAsync(IReadOnlyList<Func<Leadership, Task>> whileLeading)
    {
        try
        {
            // Each started on its own: one that throws or blocks before its first await would otherwise keep the others
            // from starting, or have the seat released while those before it still run.
            await Task.WhenAll(whileLeading.Select(work => _with.Threads.Start(async () => await work(Leadership))));
        }
        catch (OperationCanceledException) when (Leadership.Resigning.IsCancellationRequested)
        {
            // The work obeyed.
        }
        catch (Exception exception)
        {
            ElectionLog.WorkFailed(Logger, Leadership.Term.Election, Leadership.Token, exception);
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
        var limit = Clock.After(Times.DrainLimit + Times.Lease);
        while (!_work.IsCompleted && Clock.GetTimestamp() < limit)
        {
            // Whoever asks whether the loop stands still must not mistake patience for it.
            Volatile.Write(ref _turnedAt, Clock.GetTimestamp());
            await _wake.WaitUntilAsync(Math.Min(limit, Clock.After(Times.Lease)));
        }

        if (!_work.IsCompleted)
        {
            ElectionLog.WorkOutlivesTerm(
                Logger, Leadership.Term.Election, Leadership.Token, (Times.DrainLimit + Times.Lease).TotalSeconds);
        }
    }

    private void WakeAfterWork() => _ = _work.ContinueWith(
        static (_, tenure) => ((Tenure)tenure!).WorkEnded(), this, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void WorkEnded()
    {
        _wake.Set();
        if (ResignReason is not null)
            _releaseNears?.Invoke();
    }

    /// <summary>What moved the clocks apart may have outlasted the lease: renew at once.</summary>
    void IWallWatcher.WallsParted(TimeSpan lead)
    {
        var apart = lead - _lead;
        if (apart.Duration() <= (Times.Margin > Times.Slice ? Times.Margin : Times.Slice))
            return;
        _lead = lead;
        Interlocked.Exchange(ref _partedTicks, apart.Ticks);
        Doubt();
    }

    private void SayParted()
    {
        if (Interlocked.Exchange(ref _partedTicks, 0) is not 0 and var ticks)
        {
            _with.Telemetry.ClockJumped();
            ElectionLog.ClockJumped(Logger, TimeSpan.FromTicks(ticks).TotalSeconds);
        }
    }

    private LeadershipTimes Times => _with.Times;

    private TimeProvider Clock => _with.Clock;

    private ILogger Logger => _with.Logger;

    private ClockWatch Walls => Ticker.Of(Clock).Walls;

    private LossReason? ResignReason => Volatile.Read(ref _resignReason) is >= 0 and var reason ? (LossReason)reason : null;
}
