using System.Net.WebSockets;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>Keeps a line to one peer: dials, proves, sends, and dials again for as long as it is not disposed.</summary>
internal sealed class PeerDial : IAsyncDisposable
{
    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FlushPause = TimeSpan.FromMilliseconds(2);

    /// <summary>A way on which packets are lost without a word is given up after two of them.</summary>
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(2);


    private readonly string _from;
    private readonly string _peer;
    private readonly Uri _address;
    private readonly PeerList _peers;
    private readonly ClusterKey _key;
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _clock;
    private readonly Action<Line, ReadOnlyMemory<byte>> _heard;
    private readonly Action<string, LineRefusal> _refused;
    private readonly Action<string, Exception> _failed;
    private readonly LineQueue _queue;
    private readonly Backoff _backoff;
    private readonly Wake _wake;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;
    private volatile bool _isUp;

    public PeerDial(
        string from,
        string peer,
        Uri address,
        PeerList peers,
        ClusterKey key,
        HttpMessageInvoker http,
        TimeProvider clock,
        Random random,
        Action<Line, ReadOnlyMemory<byte>> heard,
        Action<string, LineRefusal> refused,
        Action<string, Exception> failed)
    {
        _from = from;
        _peer = peer;
        _address = new UriBuilder(address) { Scheme = Uri.UriSchemeWs, Path = PeerLines.Path }.Uri;
        _peers = peers;
        _key = key;
        _http = http;
        _clock = clock;
        _heard = heard;
        _refused = refused;
        _failed = failed;
        _queue = new LineQueue(clock);
        _backoff = new Backoff(FirstPause, LongestPause, random);
        _wake = new Wake(clock, Slice);
        _running = RunAsync();
    }

    /// <summary>Sends as soon as there is a line; what waits for longer than a second is dropped.</summary>
    public void Send(byte[] content) => _queue.Add(content);

    /// <summary>The peer was heard: no reason to wait with the next attempt.</summary>
    public void DialNow()
    {
        _backoff.Reset();
        _wake.Set();
    }

    /// <summary>Waits until all is sent that was to be sent, as far as there is a line.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        for (var end = _clock.After(limit); _isUp && !_queue.IsIdle && _clock.GetTimestamp() < end;)
            await Task.Delay(FlushPause, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _wake.Set();
        await _running;
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        // Not on the thread of whoever made it: the first attempt may take its time.
        await Task.Yield();
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                using var socket = new ClientWebSocket();
                socket.Options.KeepAliveInterval = Probe;
                socket.Options.KeepAliveTimeout = Probe;
                var line = await DialAsync(socket);
                _isUp = true;
                await line.RunAsync(_heard, _closing.Token);
            }
            catch (RefusedException refused)
            {
                // A wrong setting does not mend itself within a second.
                _refused(_peer, refused.LineRefusal);
            }
            catch (Exception away) when (away is WebSocketException or HttpRequestException or IOException or OperationCanceledException or TimeoutException)
            {
                // The peer is not there; who waits for its answer says so.
            }
            catch (Exception unexpected)
            {
                // Whatever it was: a peer that is never dialled again is one vote less for good.
                _failed(_peer, unexpected);
            }
            finally
            {
                _isUp = false;
            }

            if (!_closing.IsCancellationRequested)
                await _wake.WaitUntilAsync(_clock.After(_backoff.Next()));
        }
    }

    private async Task<Line> DialAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(DialLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closing.Token);
        await socket.ConnectAsync(_address, _http, either.Token);
        var greeted = await socket.ReceiveAsync(Handshake.Largest, either.Token) is { } greeting ? Handshake.ReadGreeting(greeting) : null;
        if (greeted is null)
            throw new IOException("No peer of this version.");
        var claim = new Claim(_from, _peer, _peers.Fingerprint, Handshake.NewNonce());
        await socket.SendAsync(Handshake.Write(claim, greeted, _key), either.Token);
        var refusal = await socket.ReceiveAsync(Handshake.Largest, either.Token) is { } verdict
            ? Handshake.ReadVerdict(verdict, claim, greeted, _key)
            : throw new IOException("The peer closed the line.");
        if (refusal != LineRefusal.None)
            throw new RefusedException(refusal);
        _backoff.Reset();
        return new Line(socket, claim, dialled: true, Handshake.LineKeys(claim, greeted, _key), _queue, _clock);
    }

    private sealed class RefusedException(LineRefusal refusal) : Exception
    {
        public LineRefusal LineRefusal => refusal;
    }
}
