namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A seat that is held: its heartbeats go one after the other, and the end of its session is noticed at once.</summary>
internal sealed class HeldSession
{
    private const int MostOrders = 8;

    private static readonly TimeSpan s_handOver = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_near = TimeSpan.FromMilliseconds(50);

    private readonly ClientSession _session;
    private readonly Candidacy _candidacy;
    private readonly Action<HeldSession> _over;
    private readonly Queue<Order> _orders = new();
    private Order? _underWay;
    private bool _ended;
    private bool _looksAway;

    public HeldSession(ClientSession session, Candidacy candidacy, Term term, Action<HeldSession> over)
    {
        _session = session;
        _candidacy = candidacy;
        _over = over;
        Term = term;
        session.Ended = HearEnded;
    }

    public Term Term { get; }

    /// <summary>As a read that is kept pending finds a session that was ended before it began.</summary>
    public void Start()
    {
        if (!_session.IsOpen)
            Over();
    }

    /// <summary>
    /// Renews by a heartbeat that is sent after this call. The caller may stop waiting for it: its late answer is
    /// nobody's, in particular not that of the next one.
    /// </summary>
    public async Task<RenewAnswer> RenewAsync(TimeSpan lease, CancellationToken cancellationToken)
    {
        if (_ended)
            return RenewAnswer.Lost;
        if (_orders.Count >= MostOrders)
            throw new StoreUnavailableException("earlier heartbeats are still unanswered");
        var order = new Order(lease, cancellationToken);
        _orders.Enqueue(order);
        _ = CarryOutAsync();
        return await order.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>From now on and for a moment nobody hears that the session has ended, unless it is asked something.</summary>
    public async Task LookAwayAsync(TimeProvider clock)
    {
        _looksAway = true;
        await Task.Delay(s_near, clock);
        _looksAway = false;
        if (!_session.IsOpen && !_ended)
            Over();
    }

    public async Task ReleaseAsync(TimeProvider clock)
    {
        End();
        try
        {
            await _session.GiveBackAsync(Term);
            await Task.Delay(s_handOver, clock);
            await _session.MarkAsync(Term);
        }
        catch (StoreUnavailableException)
        {
            // Closing the session frees the seat as well.
        }

        await _session.CloseAsync();
    }

    public void Close()
    {
        End();
        _session.Close();
    }

    private async Task CarryOutAsync()
    {
        if (_underWay is not null)
            return;
        while (!_ended && _orders.TryDequeue(out var order))
        {
            if (order.Abandoned.IsCancellationRequested)
                continue;
            _underWay = order;
            try
            {
                var own = await _session.BeatAsync(order.Lease, CancellationToken.None);
                order.Answer.TrySetResult(own ? RenewAnswer.Renewed : RenewAnswer.Lost);
            }
            catch (StoreUnavailableException)
            {
                order.Answer.TrySetResult(RenewAnswer.Lost);
                Over();
            }
        }

        _underWay = null;
    }

    private void HearEnded()
    {
        if (!_looksAway)
            Over();
    }

    private void Over()
    {
        End();
        _candidacy.RenewNow();
    }

    private void End()
    {
        if (_ended)
            return;
        _ended = true;
        _over(this);
        // Its statement ends with the session.
        _underWay?.Answer.TrySetResult(RenewAnswer.Lost);
        while (_orders.TryDequeue(out var order))
            order.Answer.TrySetResult(RenewAnswer.Lost);
    }

    private sealed record Order(TimeSpan Lease, CancellationToken Abandoned)
    {
        public TaskCompletionSource<RenewAnswer> Answer { get; } = new();
    }
}
