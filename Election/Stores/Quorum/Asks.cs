using System.Collections.Concurrent;
using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum;

/// <summary>What one peer can ask another beside the protocol. The numbers go over lines.</summary>
internal enum Question : byte
{
    /// <summary>Members: each tells the other all that it knows.</summary>
    Members = 1,
    Seat,
    Knowledge,
    Read,
    Write,
    MakeEligible,
}

/// <summary>What goes over a line, by its first byte.</summary>
internal enum Speech : byte
{
    Protocol = 1,
    Ask,
    Answer,
}

/// <summary>Asks peers and waits for their answers, each for a bounded time.</summary>
internal sealed class Asks(TimeProvider clock, Action<string, byte[]> send)
{
    private readonly ConcurrentDictionary<long, (string Peer, TaskCompletionSource<byte[]?> Answer)> _pending = new();
    private long _last;

    /// <summary>The answer; null where none came in time, or the peer could not give one.</summary>
    public async Task<byte[]?> AskAsync(
        string peer, string election, Question question, byte[] body, TimeSpan limit, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[number] = (peer, answer);
        try
        {
            send(peer, Bytes.Write(w =>
            {
                w.Write((byte)Speech.Ask);
                w.Write(election);
                w.Write(number);
                w.Write((byte)question);
                w.WriteBlock(body);
            }));
            return await answer.Task.WaitAsync(limit, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _pending.TryRemove(number, out _);
        }
    }

    /// <summary>
    /// Asks all at once and hands over each answer as it comes, until that is enough, or all have answered, or the time is
    /// over.
    /// </summary>
    /// <returns>Who answered.</returns>
    public async Task<IReadOnlyList<string>> AskAllAsync(
        IEnumerable<string> peers,
        string election,
        Question question,
        byte[] body,
        TimeSpan limit,
        Func<string, byte[], bool> isEnough,
        CancellationToken cancellationToken)
    {
        var answered = new List<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var open = peers.Select(async peer => (Peer: peer, Answer: await OneAsync(peer))).ToList();
        while (open.Count > 0)
        {
            var next = await Task.WhenAny(open);
            open.Remove(next);
            var (peer, answer) = await next;
            if (answer is null)
                continue;
            answered.Add(peer);
            if (!isEnough(peer, answer))
                continue;
            await enough.CancelAsync();
            break;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return answered;

        async Task<byte[]?> OneAsync(string peer)
        {
            try
            {
                return await AskAsync(peer, election, question, body, limit, enough.Token);
            }
            catch (OperationCanceledException)
            {
                // Others were quicker, or nobody waits any more.
                return null;
            }
        }
    }

    /// <summary>The same for what came over a line, where it is an answer.</summary>
    public void Hear(string peer, ReadOnlyMemory<byte> content) => _ = Bytes.TryRead(content, r =>
    {
        if ((Speech)r.ReadByte() == Speech.Answer)
            Hear(peer, r.ReadInt64(), r.ReadBoolean() ? r.ReadBlock() : null);
        return this;
    });

    /// <summary>An answer came; it counts only from the peer that was asked.</summary>
    public void Hear(string peer, long number, byte[]? answer)
    {
        if (_pending.TryGetValue(number, out var pending) && pending.Peer == peer)
            pending.Answer.TrySetResult(answer);
    }
}
