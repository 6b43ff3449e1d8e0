namespace AspireElection;

/// <summary>The durations of an election, worked out from its options.</summary>
internal sealed record LeadershipTimes(
    TimeSpan Lease,
    TimeSpan Margin,
    TimeSpan RenewPeriod,
    TimeSpan RetryPeriod,
    TimeSpan DrainLimit,
    TimeSpan NodeTimeout)
{
    private static LeadershipTimes? s_last;

    /// <summary>How long trust lasts from the sending of a confirmed request.</summary>
    public TimeSpan Trust => Lease - Margin;

    /// <summary>The longest sleep without a look at the clock.</summary>
    public TimeSpan Slice => Lease / 10;

    /// <summary>Thousands of elections of a process have the same: they share one.</summary>
    public static LeadershipTimes From(ElectionOptions options)
    {
        var times = Of(options);
        if (Volatile.Read(ref s_last) is { } last && last == times)
            return last;
        Volatile.Write(ref s_last, times);
        return times;
    }

    private static LeadershipTimes Of(ElectionOptions options) => new(
        options.LeaseDuration,
        options.Margin ?? options.LeaseDuration / 10,
        options.RenewPeriod ?? options.LeaseDuration / 3,
        options.RetryPeriod ?? Shorter(options.LeaseDuration / 5, TimeSpan.FromSeconds(2)),
        options.DrainLimit,
        options.NodeTimeout ?? options.LeaseDuration * 3);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
