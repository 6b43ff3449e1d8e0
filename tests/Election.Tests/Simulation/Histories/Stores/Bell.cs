using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A wait for an instant that may move, and that news may cut short, in slices.</summary>
internal sealed class Bell(TimeProvider clock, TimeSpan slice)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    private TaskCompletionSource? _waiting;
    private bool _rung;

    /// <summary>Called at each ring.</summary>
    public Action? OnRing { get; set; }

    public void Ring()
    {
        OnRing?.Invoke();
        _rung = true;
        _waiting?.TrySetResult();
    }

    public async ValueTask WaitAsync(Func<long> due, CancellationToken cancellationToken)
    {
        await using var cancelled = cancellationToken.UnsafeRegister(static bell => ((Bell)bell!).Ring(), this);
        while (true)
        {
            _rung = false;
            cancellationToken.ThrowIfCancellationRequested();
            var instant = due();
            if (instant <= clock.GetTimestamp())
                return;
            var left = clock.Until(instant);
            if (_rung)
                continue;
            var waiting = _waiting = new TaskCompletionSource();
            left = left < s_tick ? s_tick : left;
            await using var timer = clock.CreateTimer(
                static set => ((TaskCompletionSource)set!).TrySetResult(), waiting, left < slice ? left : slice, Timeout.InfiniteTimeSpan);
            await waiting.Task;
        }
    }
}
