namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// What shared seats need of the server. A seam: the simulation has a server of its own behind it, and all above it is
/// what runs in production.
/// </summary>
internal interface ISharedSessions
{
    /// <summary>Sees to it that the tables are there.</summary>
    ValueTask EnsureAsync(CancellationToken cancellationToken);

    /// <summary>Looks for the tables again next time: one of them was missing.</summary>
    void Forget();

    Task<ISeatSession> OpenSeatsAsync(TimeSpan lease, CancellationToken cancellationToken);

    Task<IWaiterSession> OpenWaitersAsync(CancellationToken cancellationToken);

    Task<ISessionWatch> OpenWatchAsync(SessionPresence presence, CancellationToken cancellationToken);

    /// <summary>Marks the terms as given back, and tells of it; answers how many were marked.</summary>
    Task<int> MarkAsync(List<SharedSeat> seats, CancellationToken cancellationToken);

    /// <summary>Tells all who wait for these seats to look at them.</summary>
    Task TellAsync(List<SharedSeat> seats);

    /// <summary>Writes down that the term has a longer lease.</summary>
    Task LongerLeaseAsync(Term term, TimeSpan lease, CancellationToken cancellationToken);
}

/// <summary>A session that holds seats: one statement at a time, and none that can wait.</summary>
internal interface ISeatSession : IAsyncDisposable
{
    SessionPresence Identity { get; }

    bool IsOpen { get; }

    /// <summary>One heartbeat for all seats; false when another backend answered, one that holds none of the locks.</summary>
    Task<bool> BeatAsync(TimeSpan lease);

    /// <summary>Which of the locks were free, and are this session's now. Never to be asked for one that it holds: they stack.</summary>
    Task<HashSet<long>> TryLockAsync(long[] keys);

    /// <summary>Takes the terms of seats whose locks this session holds; null for one whose row somebody else has locked.</summary>
    Task<List<TermAnswer?>> TakeAsync(IReadOnlyList<TermWish> wishes);

    Task UnlockAsync(long[] keys);

    /// <summary>Waits until something is told here or it is time; throws as soon as the session has ended.</summary>
    Task IdleAsync(Task told, TimeSpan left, TimeProvider clock);

    /// <summary>Ends whatever is under way, and with it the session; never on the caller's thread, which it may block.</summary>
    void Abort();
}

/// <summary>The session of all those in a store who wait.</summary>
internal interface IWaiterSession : IAsyncDisposable
{
    /// <summary>Elections of which something was told since the last time.</summary>
    string[] NextTold();

    /// <summary>How the seats look to these, in their order.</summary>
    Task<List<SeatView>> LookAsync(IReadOnlyList<Stand> stands);

    /// <summary>Puts them on the register of those who wait.</summary>
    Task JoinAsync(List<Candidacy> waiting);

    Task LeaveAsync(List<Candidacy> leaving);

    /// <summary>Waits until something is told by the server or here, or it is time.</summary>
    Task PauseAsync(TimeSpan left, Task told, TimeProvider clock);
}

/// <summary>A session that waits for the end of another one.</summary>
internal interface ISessionWatch : IAsyncDisposable
{
    /// <summary>True when the other one has ended; false when it has not for as long as one statement may wait.</summary>
    Task<bool> HasEndedAsync(CancellationToken cancellationToken);
}
