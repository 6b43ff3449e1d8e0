namespace AspireElection.Stores.Redis;

/// <summary>The newest that was heard of a seat. Messages and answers come over two connections, in any order.</summary>
internal sealed class HeardSeat(TimeProvider clock)
{
    private SeatState? _state;
    private long _endsAt;
    private long _heardAt;

    public (SeatState? State, long EndsAt) Newest
    {
        get
        {
            lock (this)
                return (_state, _endsAt);
        }
    }

    /// <summary>Keeps what was heard just now, unless something newer was heard before.</summary>
    /// <param name="state">What was heard.</param>
    /// <param name="askedAt">When an answer was asked for: whatever was heard before is older. The least value for a message.</param>
    public bool Hear(SeatState state, long askedAt)
    {
        var now = clock.GetTimestamp();
        lock (this)
        {
            if (_state is { } last && _heardAt >= askedAt && IsOlder(state, last))
                return false;
            (_state, _heardAt, _endsAt) = (state, now, clock.Add(now, state.Left));
            return true;
        }
    }

    /// <summary>A server without any term was wiped: what was heard before is void, however high its numbers.</summary>
    private static bool IsOlder(SeatState state, SeatState last) =>
        state.Token > 0 && (state.Token, state.Number).CompareTo((last.Token, last.Number)) < 0;
}
