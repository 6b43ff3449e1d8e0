namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The connection of one life of one host to a server. Requests arrive in order unless a fault lets them overtake; a
/// request that was given up may still arrive, and so may its reply.
/// </summary>
internal sealed class Line
{
    private readonly History _history;
    private readonly Host _host;
    private readonly Server _server;
    private readonly Weather _weather;
    private readonly List<ICall> _unanswered = [];
    private readonly Order _requests = new();
    private readonly Order _replies = new();
    private readonly Order _news = new();
    private int _connects;

    public Line(History history, Host host, Server server, Weather weather)
    {
        _history = history;
        _host = host;
        _server = server;
        _weather = weather;
        ConnectedSince = history.Time.Now;
        if (server.IsUp)
            return;
        IsUp = IsConnected = false;
        TryConnect();
    }

    public Host Host => _host;

    public Weather Weather => _weather;

    public WorldMistake Mistake => _history.Mistake;

    /// <summary>As the client sees it.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>As it is.</summary>
    public bool IsConnected { get; private set; } = true;

    /// <summary>Since when, in true time.</summary>
    public long ConnectedSince { get; private set; }

    /// <summary>Grows with each connection; what was sent on an earlier one is void.</summary>
    public int Epoch { get; private set; }

    /// <summary>The client is told that its connection broke.</summary>
    public event Action? Broke;

    /// <summary>The client is connected again.</summary>
    public event Action? CameBack;

    /// <summary>Asks the server; what it answers may never arrive, so that whoever asks has to bound its wait.</summary>
    public Task<T> AskAsync<T>(string what, Func<T> atServer) => AskAsync<T>(what, answer => answer.Give(atServer()));

    /// <summary>The same for what the server answers only later.</summary>
    public Task<T> AskAsync<T>(string what, Action<IAnswer<T>> atServer)
    {
        _history.Sent(_host.Node, what);
        var call = new Call<T>(this, what, atServer);
        if (!IsUp)
            call.Fail($"no connection for {what}");
        else
            call.Send();
        return call.Answer;
    }

    /// <summary>Tells the client something that it did not ask for.</summary>
    public void Tell(Action news)
    {
        var passage = _weather.Pass(Way.News);
        if (passage.Lost || passage.Fails)
            return;
        Carry(passage, _news, new Delivery(this, Epoch, news));
    }

    /// <summary>The connection is gone; the client hears of it, and tries to connect again.</summary>
    public void Break()
    {
        if (!_host.IsAlive || !IsConnected)
            return;
        IsConnected = false;
        _server.Disconnected(this);
        var passage = _weather.Pass(Way.News);
        if (passage.Blocked is { } partition)
            partition.AtEnd += () => Deliver(_history.Time.Now + passage.Delay, HearBreak);
        else
            Deliver(_history.Time.Now + passage.Delay, HearBreak);
    }

    /// <summary>The process has ended and its system closes the connection; in a partition the server does not hear of it.</summary>
    public void ProcessEnded()
    {
        if (!IsConnected)
            return;
        var passage = _weather.Pass(Way.Request);
        if (passage.Blocked is { } partition)
            partition.AtEnd += Closed;
        else
            _history.Time.After(passage.Delay, Closed);

        void Closed()
        {
            IsConnected = false;
            _server.Disconnected(this);
        }
    }

    private void HearBreak()
    {
        IsUp = false;
        foreach (var call in _unanswered.ToArray())
            call.Fail("the connection broke");
        _unanswered.Clear();
        Broke?.Invoke();
        _connects = 0;
        TryConnect();
    }

    private void TryConnect()
    {
        var passage = _weather.Pass(Way.Request);
        var pause = Math.Min(20_000L << Math.Min(_connects++, 6), 5_000_000) + passage.Delay;
        _history.Time.After(pause, () =>
        {
            if (!_host.IsAlive)
                return;
            if (!_server.IsUp || passage.Blocked is { IsActing: true } || passage.Lost || passage.Fails)
                TryConnect();
            else
                Deliver(_history.Time.Now + passage.Delay, HearConnected);
        });
    }

    private void HearConnected()
    {
        // It may have stopped while its answer was on the way: nobody would ever say that this connection is gone.
        if (!_server.IsUp)
        {
            TryConnect();
            return;
        }

        Epoch++;
        IsUp = IsConnected = true;
        ConnectedSince = _history.Time.Now;
        CameBack?.Invoke();
    }

    private bool IsCurrent(int epoch) => IsConnected && epoch == Epoch;

    private void Deliver(long at, Action deed) => _history.Time.At(at, new Delivery(this, -1, deed));

    /// <summary>Brings a message to its end; a partition keeps it until it heals, or swallows it.</summary>
    private void Carry(Passage passage, Order order, Occurrence message)
    {
        var at = _history.Time.Now + passage.Delay;
        if (passage.Blocked is { } partition)
        {
            // What TCP sends again when the line is whole.
            if (partition.Keeps || _weather.Resends)
                partition.AtEnd += () => _history.Time.After(passage.Delay, message.Happen);
            return;
        }

        if (!passage.Overtakes)
            order.Last = at = Math.Max(at, order.Last + 1);
        _history.Time.At(at, message);
    }

    /// <summary>When the last of those that keep their order arrives.</summary>
    private sealed class Order
    {
        public long Last { get; set; }
    }

    private interface ICall
    {
        void Fail(string why);
    }

    private sealed class Call<T>(Line line, string what, Action<IAnswer<T>> atServer) : Occurrence, ICall, IAnswer<T>
    {
        private readonly TaskCompletionSource<T> _answer = new();
        private readonly int _epoch = line.Epoch;

        public Task<T> Answer => _answer.Task;

        public void Send()
        {
            var passage = line._weather.Pass(Way.Request);
            line._unanswered.Add(this);
            if (passage.Fails)
                line.Deliver(line._history.Time.Now + passage.Delay, () => Fail($"{what} was refused"));
            else if (!passage.Lost)
                line.Carry(passage, line._requests, this);
        }

        /// <summary>It has arrived at the server.</summary>
        public override void Happen() => line._server.Serve(() =>
        {
            if (!line.IsCurrent(_epoch))
                return;
            line._history.Served(line._host.Node, what);
            try
            {
                atServer(this);
            }
            catch (Exception exception) when (exception is StoreUnavailableException or StaleTermException)
            {
                Refuse(exception);
            }
        });

        public void Give(T answer) => Reply(new Delivery(line, _epoch, () => Settle(s => s.TrySetResult(answer))));

        public void Refuse(Exception exception) => Reply(new Delivery(line, _epoch, () => Settle(s => s.TrySetException(exception))));

        public void Fail(string why) => Settle(s => s.TrySetException(new StoreUnavailableException(why)));

        private void Reply(Delivery reply)
        {
            var passage = line._weather.Pass(Way.Reply);
            if (passage.Fails)
                line.Deliver(line._history.Time.Now + passage.Delay, () => Fail($"the reply to {what} was lost"));
            else if (!passage.Lost)
                line.Carry(passage, line._replies, reply);
        }

        private void Settle(Action<TaskCompletionSource<T>> settle)
        {
            line._unanswered.Remove(this);
            settle(_answer);
        }
    }

    /// <summary>Something that reaches the client when its process runs.</summary>
    private sealed class Delivery(Line line, int epoch, Action deed) : Occurrence
    {
        public override void Happen()
        {
            if ((epoch >= 0 && !line.IsCurrent(epoch)) || line.Host.Defer(this))
                return;
            line.Host.Run(deed);
        }
    }
}

/// <summary>Where a server puts its answer to a request.</summary>
internal interface IAnswer<T>
{
    void Give(T answer);

    void Refuse(Exception exception);
}
