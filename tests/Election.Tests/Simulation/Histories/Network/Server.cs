namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A server with a clock of its own, which can hang, and be restarted with or without its data.</summary>
internal abstract class Server(History history, double rate)
{
    private static readonly long s_epoch = (new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch).Ticks / 10;

    private readonly Queue<Action> _hanging = new();
    private long _hangsUntil;

    public bool IsUp { get; private set; } = true;

    protected History History => history;

    /// <summary>The server's clock, in ticks since its beginning.</summary>
    protected long Now => (long)(history.Time.Now * rate);

    /// <summary>The server's time, in µs since 1970.</summary>
    protected long Microseconds => s_epoch + Now / 10;

    public DateTimeOffset UtcNow => DateTimeOffset.UnixEpoch.AddMilliseconds(Microseconds / 1000);

    /// <summary>For how much true time a silent holder of the term keeps the seat; null when it does not hold it, or it has no lease.</summary>
    public virtual long? LeaseLeft(Term term) => null;

    /// <summary>How long that is in true time.</summary>
    protected long InTrueTime(long ticks) => (long)(ticks / rate);

    /// <summary>Does what has arrived, as soon as the server does anything.</summary>
    public void Serve(Action request)
    {
        if (!IsUp)
            return;
        if (history.Time.Now < _hangsUntil)
            _hanging.Enqueue(request);
        else
            request();
    }

    /// <summary>Stands still: what arrives is done afterwards.</summary>
    public void Hang(long ticks)
    {
        _hangsUntil = Math.Max(_hangsUntil, history.Time.Now + ticks);
        history.Time.At(_hangsUntil, () =>
        {
            while (history.Time.Now >= _hangsUntil && _hanging.TryDequeue(out var request))
                request();
        });
    }

    public void Stop(bool losesData)
    {
        IsUp = false;
        _hanging.Clear();
        Stopped(losesData);
        history.BreakAllLines();
    }

    public void Start()
    {
        IsUp = true;
        Started();
    }

    /// <summary>All data is gone, and nobody's connection breaks.</summary>
    public abstract void Wipe();

    /// <summary>An administrator ends the session of whoever holds the seat; false where nobody does, or there are no sessions.</summary>
    public virtual bool EndHoldersSession() => false;

    /// <summary>Where elections share sessions: the statements of one of them are slow for so long.</summary>
    public virtual void SlowSession(long ticks)
    {
    }

    /// <summary>Somebody keeps the row of an election locked; nobody's when null.</summary>
    public virtual void LockRow(string? election)
    {
    }

    /// <summary>A connection is gone, as the server sees it.</summary>
    public abstract void Disconnected(Line line);

    /// <summary>A store client for one life of one host.</summary>
    public abstract IElectionStore NewClient(Line line);

    protected abstract void Stopped(bool losesData);

    protected virtual void Started()
    {
    }

    /// <summary>Does something at an instant of the server's own clock, unless the server hangs then.</summary>
    protected void AtServerTime(long at, Action deed) => history.Time.At((long)(at / rate) + 1, () => Serve(deed));
}
