using System.Text.Json.Nodes;
using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>Requests to the JSON gateway, each bounded in time; the next member is asked where one fails.</summary>
internal sealed class EtcdCalls : IDisposable
{
    /// <summary>Bound of a request that no lease bounds.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly EtcdOptions _options;
    private readonly TimeProvider _clock;
    private readonly EtcdGateway _gateway;
    private readonly Lock _gate = new();
    private CancellationTokenSource _line = new();
    private int _current;

    public EtcdCalls(EtcdOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _gateway = new EtcdGateway(options, clock);
    }

    public EtcdTime Time => _gateway.Time;

    /// <summary>A third of the lease leaves time for another attempt before the lease ends.</summary>
    public static TimeSpan BoundOf(TimeSpan lease) => lease / 3 < LongestWait ? lease / 3 : LongestWait;

    /// <summary>Sends a request and reads its answer.</summary>
    /// <param name="method">Below <c>/v3/</c>.</param>
    /// <param name="body">Its content.</param>
    /// <param name="bound">How long to wait, over all members.</param>
    /// <param name="cancellationToken">Ends the wait, not what the server may be doing.</param>
    /// <param name="repeatable">Whether a request that may have been done already can be sent to the next member.</param>
    /// <param name="only">The one member to ask, once; null asks whoever answers.</param>
    /// <param name="within">What to say of the time where the bound is what an earlier request has left of it.</param>
    public async ValueTask<Answer> AskAsync(
        string method, JsonObject body, TimeSpan bound, CancellationToken cancellationToken, bool repeatable = true, int? only = null, TimeSpan? within = null)
    {
        var text = body.ToJsonString();
        var end = _clock.After(bound);
        // Of several members one may hang: it must leave time for the next.
        var share = _options.Endpoints.Count > 1 && only is null ? bound / 2 : bound;
        for (var attempt = 1; ; attempt++)
        {
            var member = only ?? Volatile.Read(ref _current);
            var begun = _clock.GetTimestamp();
            using var limit = new CancellationTokenSource(Shorter(share, Longer(_clock.Until(end), s_pause)), _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            Exception trouble;
            try
            {
                return await _gateway.AskAsync(_options.Endpoints[member], method, text, either.Token) with { Member = member };
            }
            catch (OperationCanceledException cancelled)
            {
                // A caller that gives up says nothing of a member, unless it had waited long: its patience may end before the limit.
                if (limit.IsCancellationRequested || _clock.GetElapsedTime(begun) >= share / 2)
                    Leave(member, breakLine: limit.IsCancellationRequested);
                cancellationToken.ThrowIfCancellationRequested();
                trouble = new TimeoutException(null, cancelled);
            }
            catch (Exception exception) when (EtcdTrouble.Explains(exception))
            {
                if (exception is not EtcdRefusedException { IsTransient: false })
                    Leave(member, breakLine: exception is not (EtcdRefusedException or ObjectDisposedException));
                trouble = exception;
            }

            var everyone = attempt >= _options.Endpoints.Count;
            if (only is not null || !MayRepeat(trouble, repeatable, everyone) || _clock.Until(end) <= s_pause)
                throw EtcdTrouble.Of(_options, trouble, within ?? bound);
            if (everyone)
                await Task.Delay(s_pause, _clock, cancellationToken);
        }
    }

    /// <summary>Cancelled when a request finds the line broken: streams over it may be half-open and never end.</summary>
    public CancellationToken Line
    {
        get
        {
            lock (_gate)
                return _line.Token;
        }
    }

    /// <summary>Opens a stream of answers, one to a line.</summary>
    public async ValueTask<StreamReader> OpenAsync(string method, JsonObject body, CancellationToken cancellationToken)
    {
        var member = Volatile.Read(ref _current);
        using var limit = new CancellationTokenSource(LongestWait, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var response = await _gateway.SendAsync(_options.Endpoints[member], method, body.ToJsonString(), either.Token);
            return new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        }
        catch (OperationCanceledException cancelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Leave(member, breakLine: true);
            throw EtcdTrouble.Of(_options, new TimeoutException(null, cancelled), LongestWait);
        }
        catch (Exception exception) when (EtcdTrouble.Explains(exception))
        {
            Leave(member, breakLine: false);
            throw EtcdTrouble.Of(_options, exception, LongestWait);
        }
    }

    public void ForgetToken() => _gateway.ForgetToken();

    public StoreUnavailableException WatchEnded(string? found) => EtcdTrouble.OfWatch(_options, found);

    public StoreUnavailableException LeaseTooShort(long granted, TimeSpan wanted) => EtcdTrouble.OfLease(_options, granted, wanted);

    public StoreUnavailableException LeaseLost() => EtcdTrouble.OfLostLease(_options);

    public void Dispose()
    {
        _gateway.Dispose();
        _line.Dispose();
    }

    private static bool MayRepeat(Exception trouble, bool repeatable, bool everyone) => trouble switch
    {
        EtcdRefusedException { WasNotDone: true } => true,
        EtcdRefusedException { IsTransient: true } => repeatable,
        EtcdRefusedException => false,
        // Nobody there: another round would find nobody either.
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => !everyone,
        _ => repeatable && !everyone,
    };

    /// <summary>The next request goes to the next member.</summary>
    private void Leave(int member, bool breakLine)
    {
        CancellationTokenSource broken;
        lock (_gate)
        {
            if (_current != member)
                return;
            _current = (member + 1) % _options.Endpoints.Count;
            if (!breakLine)
                return;
            (broken, _line) = (_line, new CancellationTokenSource());
        }

        // Not on this thread, which may be a leader's that renews: what waited for a stream goes on with it.
        _ = broken.CancelAsync();
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
