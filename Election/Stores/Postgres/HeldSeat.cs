using System.Threading.Channels;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// A seat that is held: its session, and the one loop that uses it. Between heartbeats the loop keeps a read pending,
/// so that a session which the server ends is noticed at once and not with the next renewal.
/// </summary>
internal sealed class HeldSeat
{
    private static readonly TimeSpan UnlockLimit = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For how long a hand-over is left alone after a release: until then there is a new leader. A server process that ends, and
    /// observers who ask, would take the processor from the one that serves it.
    /// </summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromMilliseconds(20);

    /// <summary>For how long a release that was said to be near is waited for without a read.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(50);

    private readonly LockSession _session;
    private readonly TimeProvider _clock;
    private readonly PostgresErrors _errors;
    private readonly Action<HeldSeat> _over;
    private Task _loop = Task.CompletedTask;
    private CancellationTokenSource? _reading;
    private volatile bool _ended;
    private volatile bool _releaseNears;
    private volatile bool _released;

    // More than a few unanswered heartbeats mean that the server hangs; further ones are refused, not queued. What the loop
    // does with an order up to its first wait, which is to send, it does on the thread of who orders.
    private readonly Channel<Order> _orders = Channel.CreateBounded<Order>(
        new BoundedChannelOptions(8) { SingleReader = true, AllowSynchronousContinuations = true });

    public HeldSeat(LockSession session, Candidacy candidacy, Term term, TimeProvider clock, PostgresErrors errors, Action<HeldSeat> over)
    {
        _clock = clock;
        _session = session;
        _errors = errors;
        _over = over;
        Candidacy = candidacy;
        Term = term;
        Lease = candidacy.LeaseDuration;
    }

    public Candidacy Candidacy { get; }

    public Term Term { get; }

    /// <summary>The longest lease that this term was given; its row says the same.</summary>
    public TimeSpan Lease { get; set; }

    /// <summary>
    /// The term is about to be given back: no read is pending from here on for a moment, so that the release finds nothing to end
    /// first. The end of a session in that moment is found by the release itself, or by the read that follows.
    /// </summary>
    public void ReleaseNears()
    {
        _releaseNears = true;
        EndRead();
    }

    /// <summary>Begins, not on the caller's context: that may be busy when the server ends the session.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>
    /// Renews by a heartbeat that is sent after this call. The caller may stop waiting for it: the heartbeat stays
    /// under way and its late answer is nobody's, in particular not that of the next one.
    /// </summary>
    public async Task<RenewAnswer> RenewAsync(TimeSpan lease, CancellationToken cancellationToken)
    {
        var beat = new Order(lease, cancellationToken);
        if (TryOrder(beat))
            return await beat.Answer.Task.WaitAsync(cancellationToken);
        return _ended
            ? RenewAnswer.Lost
            : throw _errors.Unfit("earlier heartbeats are still unanswered; see whether the server hangs");
    }

    /// <summary>Marks the term and unlocks, so that the server wakes the next in line, and closes the session; bounded.</summary>
    public async Task ReleaseAsync()
    {
        _released = true;
        var unlock = new Order(null, CancellationToken.None);
        if (TryOrder(unlock))
        {
            try
            {
                await unlock.Answer.Task.WaitAsync(UnlockLimit, _clock);
            }
            catch (Exception exception) when (exception is TimeoutException or StoreUnavailableException)
            {
                // The server hangs, or refused a part of it: closing the session below unlocks as well, as soon as it goes on.
            }
        }

        await CloseAsync();
    }

    /// <summary>Closes the session, whatever is under way on it; bounded.</summary>
    public async Task CloseAsync()
    {
        _ended = true;
        _orders.Writer.TryComplete();
        EndRead();
        if (_loop.IsCompleted)
            return;
        try
        {
            await _loop.WaitAsync(UnlockLimit, _clock);
        }
        catch (TimeoutException)
        {
            _session.Abort();
        }
    }

    private bool TryOrder(Order order)
    {
        if (!_orders.Writer.TryWrite(order))
            return false;
        EndRead();
        return true;
    }

    private async Task RunAsync()
    {
        var expected = false;
        try
        {
            while (await NextAsync() is { } order)
            {
                if (order.Abandoned.IsCancellationRequested)
                    continue;
                if (!await CarryOutAsync(order))
                    break;
            }

            expected = true;
        }
        catch (Exception exception) when (
            PostgresErrors.AreOfServer(exception) || exception is OperationCanceledException or InvalidOperationException)
        {
            // The session is gone, and the lock with it: those who ask are told so below.
        }
        finally
        {
            _ended = true;
            _orders.Writer.TryComplete();
            _over(this);
            while (_orders.Reader.TryRead(out var order))
                order.Answer.TrySetResult(RenewAnswer.Lost);
            // Also where the store is closed under a leader: it would go on believing until its next renewal.
            if (!expected || !_released)
                Candidacy.RenewNow();
            await _session.DisposeAsync();
        }
    }

    /// <summary>The next order, with a read pending meanwhile; null when there will be none.</summary>
    private async Task<Order?> NextAsync()
    {
        Order? order;
        while (!_orders.Reader.TryRead(out order))
        {
            var reading = new CancellationTokenSource();
            // Under way before anybody can end it: the client forgets a cancellation that comes in between.
            var ended = _session.Connection.WaitAsync(reading.Token);
            Interlocked.Exchange(ref _reading, reading);
            // Who ordered a moment ago found no read to end; from here on everybody does.
            if (_releaseNears || _orders.Reader.TryPeek(out _) || _orders.Reader.Completion.IsCompleted)
                EndRead();
            try
            {
                await ended;
            }
            catch (OperationCanceledException) when (!_session.Aborted.IsCancellationRequested)
            {
                // Only the read was ended; the session is as it was.
            }

            if (_releaseNears && !_session.Aborted.IsCancellationRequested)
                await AwaitReleaseAsync();
            if (_orders.Reader.Completion.IsCompleted)
                return null;
        }

        return order;
    }

    private async Task AwaitReleaseAsync()
    {
        _releaseNears = false;
        using var limit = new CancellationTokenSource(Near, _clock);
        try
        {
            await _orders.Reader.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // It is held up: an end of the session is looked for again.
        }
    }

    /// <summary>
    /// Ends the pending read, so that the loop finds what is to be done: on the thread of who orders, because a resign waits
    /// for it, and each hop to another thread is a good part of a hand-over. It asks the server nothing and cannot block.
    /// </summary>
    private void EndRead() => Interlocked.Exchange(ref _reading, null)?.Cancel();

    /// <summary>False when the seat is over after it.</summary>
    private async Task<bool> CarryOutAsync(Order order)
    {
        try
        {
            if (order.Lease is not { } lease)
            {
                await _session.GiveBackAsync(Term);
                order.Answer.TrySetResult(RenewAnswer.Lost);
                await Task.Delay(HandOver, _clock, _session.Aborted);
                await _session.MarkAsync(Term);
                return false;
            }

            var own = await _session.BeatAsync(lease);
            order.Answer.TrySetResult(own ? RenewAnswer.Renewed : RenewAnswer.Lost);
            return own;
        }
        catch (Exception exception) when (_session.IsOpen && PostgresErrors.AreOfServer(exception))
        {
            // The statement failed and the session lives: nobody knows whether it renewed.
            order.Answer.TrySetException(_errors.Unavailable(exception));
            _ = order.Answer.Task.Exception;
            return order.Lease is not null;
        }
        catch
        {
            order.Answer.TrySetResult(RenewAnswer.Lost);
            throw;
        }
    }

    private sealed class Order(TimeSpan? lease, CancellationToken abandoned)
    {
        /// <summary>A heartbeat's lease; null unlocks.</summary>
        public TimeSpan? Lease { get; } = lease;

        public CancellationToken Abandoned { get; } = abandoned;

        public TaskCompletionSource<RenewAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
