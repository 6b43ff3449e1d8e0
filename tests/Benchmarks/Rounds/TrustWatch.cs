namespace AspireElection.Benchmarks.Rounds;

/// <summary>Asks a leader that cannot renew whether it still leads, often only when its lease is about to end.</summary>
internal static class TrustWatch
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(20);

    /// <summary>When it first answered that it does not.</summary>
    public static async Task<DateTimeOffset> EndsAsync(WorkerProcess leader, CancellationToken stop)
    {
        while (true)
        {
            var answer = await leader.AskAsync(stop);
            if (!answer.IsLeader)
                return DateTimeOffset.UtcNow;
            var pause = answer.Remaining - Near;
            await Task.Delay(pause > Often ? pause : Often, TimeProvider.System, stop);
        }
    }
}
