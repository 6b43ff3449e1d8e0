using System.Collections.Concurrent;
using System.Net.WebSockets;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>The lines of one peer with all others: those that it dialled, and those that others dialled to it.</summary>
internal sealed class PeerLines : IAsyncDisposable
{
    /// <summary>Where a peer answers others, on the address that is in the list.</summary>
    public const string Path = "/quorum";

    /// <summary>How many may be about to prove who they are; more are turned away.</summary>
    private const int MostStrangers = 64;

    private static readonly TimeSpan ProofLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlushLimit = TimeSpan.FromMilliseconds(200);

    private readonly PeerList _peers;
    private readonly ClusterKey _key;
    private readonly TimeProvider _clock;
    private readonly Func<bool> _isCut;
    private readonly Action<Line, ReadOnlyMemory<byte>> _heard;
    private readonly Action<string, LineRefusal, bool> _refused;
    private readonly Dictionary<string, PeerDial> _dials;
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _accepted = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = ProofLimit,
        // A peer that is down is dialled again and again: none of that is worth a trace.
        ActivityHeadersPropagator = null,
    });

    private int _strangers;

    /// <param name="peers">Who there is.</param>
    /// <param name="key">What they have in common.</param>
    /// <param name="clock">Bounds every wait.</param>
    /// <param name="random">Spreads attempts.</param>
    /// <param name="isCut">Whether nothing may come or go now.</param>
    /// <param name="heard">Told what a peer said, and over which line it can be answered; must not block.</param>
    /// <param name="refused">Told of a peer's address that refused this one, or (true) of somebody whom this one refused.</param>
    /// <param name="failed">Told of the peer to which a line ended as none should.</param>
    /// <param name="client">Only asks, and is no peer itself.</param>
    public PeerLines(
        PeerList peers,
        ClusterKey key,
        TimeProvider clock,
        Random random,
        Func<bool> isCut,
        Action<Line, ReadOnlyMemory<byte>> heard,
        Action<string, LineRefusal, bool> refused,
        Action<string, Exception>? failed = null,
        bool client = false)
    {
        _peers = peers;
        _key = key;
        _clock = clock;
        _isCut = isCut;
        _heard = heard;
        _refused = refused;
        _dials = peers.Others.ToDictionary(
            p => p.Key,
            p => new PeerDial(
                client ? Claim.Client : peers.Self, p.Key, p.Value, peers, key, _http, clock,
                // Each its own: they draw at the same time.
                new Random(random.Next()), Hear, (peer, why) => refused(peer, why, false), failed ?? (static (_, _) => { })),
            StringComparer.Ordinal);
    }

    /// <summary>Sends to a peer, as far as there is a line or will be within a second.</summary>
    public void Send(string peer, byte[] content)
    {
        if (!_isCut() && _dials.TryGetValue(peer, out var dial))
            dial.Send(content);
    }

    /// <summary>Serves a line that somebody dialled, until it ends.</summary>
    public async Task ServeAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            if (await ProveAsync(socket, ending.Token) is not { } line)
                return;
            if (line.Peer == Claim.Client)
                await line.RunAsync(Hear, ending.Token);
            else
                await ServePeerAsync(line, ending);
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or OperationCanceledException or TimeoutException)
        {
            // It broke before it was proved whose it is.
        }
        finally
        {
            socket.Abort();
        }
    }

    /// <summary>Sends what still waits, tells the others that this is the end, and ends; within half a second.</summary>
    public async Task CloseAsync()
    {
        await Task.WhenAll(_dials.Values.Select(d => d.FlushAsync(FlushLimit)));
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
            return;
        await _closing.CancelAsync();
        foreach (var dial in _dials.Values)
            await dial.DisposeAsync();
        _http.Dispose();
    }

    private async Task ServePeerAsync(Line line, CancellationTokenSource ending)
    {
        // The newest counts: a peer that was restarted leaves a line behind that nobody has closed yet.
        CancellationTokenSource? older = null;
        _accepted.AddOrUpdate(line.Peer, ending, (_, before) =>
        {
            older = before;
            return ending;
        });
        CancelQuietly(older);
        _dials[line.Peer].DialNow();
        try
        {
            await line.RunAsync(Hear, ending.Token);
        }
        finally
        {
            _accepted.TryRemove(new(line.Peer, ending));
        }
    }

    private async Task<Line?> ProveAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _strangers) > MostStrangers)
        {
            Interlocked.Decrement(ref _strangers);
            return null;
        }

        try
        {
            using var limit = new CancellationTokenSource(ProofLimit, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            var nonce = Handshake.NewNonce();
            await socket.SendAsync(Handshake.Greeting(nonce), either.Token);
            if (await socket.ReceiveAsync(Handshake.Largest, either.Token) is not { } message)
                return null;
            var (claim, refusal) = Handshake.Judge(message, nonce, _key, _peers);
            await socket.SendAsync(Handshake.Verdict(refusal, claim, nonce, _key), either.Token);
            if (refusal == LineRefusal.None)
                return new Line(socket, claim!, dialled: false, Handshake.LineKeys(claim!, nonce, _key), new LineQueue(_clock), _clock);
            _refused(claim?.From ?? string.Empty, refusal, true);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    private void Hear(Line line, ReadOnlyMemory<byte> content)
    {
        if (!_isCut())
            _heard(line, content);
    }

    private static void CancelQuietly(CancellationTokenSource? older)
    {
        try
        {
            older?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // That line has just ended by itself.
        }
    }
}
