using AspireElection.History;
using AspireElection.Timing;

namespace AspireElection;

/// <summary>
/// What a leader holds: its term with the fencing token, and how long it may trust in it. Disposing resigns.
/// </summary>
public sealed class Leadership : IAsyncDisposable, IDeadline
{
    private readonly TrustWindow _window;
    private readonly ElectionThreads _threads;
    private readonly TimeProvider _clock;
    private readonly INode _node;
    private LateCancellation _resigning;
    private LateCancellation _lost;
    private Completion _told;
    private int _stopReason = -1;
    private int _lossReason = -1;
    private long _endedAt;

    internal Leadership(
        Term term,
        DateTimeOffset since,
        TrustWindow window,
        TimeProvider clock,
        ElectionThreads threads,
        INode node)
    {
        Term = term;
        Since = since;
        _window = window;
        _clock = clock;
        _threads = threads;
        _node = node;
    }

    /// <summary>The term that this leadership is.</summary>
    public Term Term { get; }

    /// <summary>The fencing token; pass it along with every write that must not come from a past leader.</summary>
    public long Token => Term.Token;

    /// <summary>When this node became leader, by its wall clock; for people.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>How long the election was without a leader before, as far as this node could see; null when it could not.</summary>
    public TimeSpan? LeaderlessBefore => Succession.Leaderless;

    /// <summary>
    /// Whether this node still leads: worked out now, from one read of a clock that goes on in a suspend, without
    /// allocation. Once false it stays false.
    /// </summary>
    public bool IsTrusted => _window.IsOpen;

    /// <summary>How long trust lasts if no renewal is confirmed any more; zero when it is over.</summary>
    public TimeSpan TrustLeft => _window.Until is var until && until == long.MinValue ? TimeSpan.Zero : _clock.Until(until);

    /// <summary>
    /// Fires when work should come to its end: on a resign, while the leadership still holds and is renewed, or with
    /// <see cref="Lost"/> at the latest.
    /// </summary>
    public CancellationToken Resigning => _resigning.Token;

    /// <summary>Fires when the leadership is over and another node may lead. It fires last, after state and telemetry.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>
    /// When it ended, by the wall clock of this node, for people: not when that was noticed, which of a process that stood still is later.
    /// Null while it holds, and until its end is told.
    /// </summary>
    public DateTimeOffset? EndedAt => Volatile.Read(ref _endedAt) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Why it ended; null while it holds.</summary>
    public LossReason? EndedBecause => Volatile.Read(ref _lossReason) is >= 0 and var reason ? (LossReason)reason : null;

    /// <summary>Resigns: tells the work to stop, waits for it within the drain limit, then gives the seat to a successor.</summary>
    public ValueTask DisposeAsync() => new(_node.ResignAsync(this));

    internal bool Extend(long trustedUntil) => _window.Extend(trustedUntil);

    /// <summary>Ends when the end of this leadership was told to everybody.</summary>
    internal Task Told => _told.Task;

    /// <summary>
    /// When it has to be ended, as a timestamp; <see cref="long.MinValue"/> once it was. Whoever asked first whether it is
    /// trusted saw the end of trust and told nobody, so a closed window alone does not mean that it was ended.
    /// </summary>
    internal long EndDueAt => EndedBecause is null ? Math.Max(_window.Until, 0) : long.MinValue;

    long IDeadline.EndDueAt => EndDueAt;

    void IDeadline.EndOnTime() => End(LossReason.Expired);

    /// <summary>What this node had seen of the seat when it was granted it.</summary>
    internal Succession Succession { get; init; } = new();

    /// <summary>Why the work was told to stop; null while it was not. The end may come for another reason.</summary>
    internal LossReason? ToldToStopBecause => Volatile.Read(ref _stopReason) is >= 0 and var reason ? (LossReason)reason : null;

    internal void TellToStop(LossReason reason)
    {
        if (Interlocked.CompareExchange(ref _stopReason, (int)reason, -1) == -1)
            _resigning.Cancel(_threads);
    }

    /// <summary>Ends the leadership once; the first reason stays.</summary>
    internal bool End(LossReason reason)
    {
        // The reason first: a deadline that finds the window closed without one would end it as expired.
        var first = Interlocked.CompareExchange(ref _lossReason, (int)reason, -1) == -1;
        _window.Close();
        if (!first)
            return false;
        var ended = _clock.GetUtcNow() - _clock.GetElapsedTime(_window.EndedAt!.Value);
        Volatile.Write(ref _endedAt, ended.UtcTicks);
        try
        {
            _node.Ended(this, reason, ended);
        }
        finally
        {
            // Also when a logger or a listener of the user's threw: the work must hear that it is over.
            TellToStop(reason);
            _lost.Cancel(_threads);
            _told.Set();
        }

        return true;
    }
}
