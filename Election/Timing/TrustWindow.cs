namespace AspireElection.Timing;

/// <summary>
/// Until when a leader may believe in its term. Whether it leads is worked out at the moment of asking; once the
/// answer was no, it is never yes again for this window, whatever arrives later.
/// </summary>
internal sealed class TrustWindow(TimeProvider clock, long until)
{
    // Once closed, the complement of when that was: below zero, as no timestamp is.
    private long _until = until;

    /// <summary>The end of trust; <see cref="long.MinValue"/> once closed.</summary>
    public long Until => Volatile.Read(ref _until) is >= 0 and var until ? until : long.MinValue;

    /// <summary>When it was closed, or ended before somebody saw that; null while it is neither.</summary>
    public long? EndedAt => Volatile.Read(ref _until) is < 0 and var ended ? ~ended : null;

    /// <summary>One clock read, no allocation.</summary>
    public bool IsOpen
    {
        get
        {
            var now = clock.GetTimestamp();
            while (true)
            {
                var until = Volatile.Read(ref _until);
                if (now < until)
                    return true;
                // Whoever sees the end first closes the window: otherwise a renewal that arrives just now would
                // make another caller's later question true again.
                if (until < 0 || Interlocked.CompareExchange(ref _until, ~until, until) == until)
                    return false;
            }
        }
    }

    /// <summary>Stretches trust; false when the window was over before the confirmation arrived.</summary>
    public bool Extend(long newUntil)
    {
        while (IsOpen)
        {
            var until = Volatile.Read(ref _until);
            if (until < 0)
                return false;
            if (newUntil <= until || Interlocked.CompareExchange(ref _until, newUntil, until) == until)
                return true;
        }

        return false;
    }

    /// <summary>Ends trust now.</summary>
    public void Close()
    {
        if (IsOpen)
            Interlocked.Exchange(ref _until, ~clock.GetTimestamp());
    }
}
