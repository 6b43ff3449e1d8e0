using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;
using AspireElection.Stores.Quorum.Transport;
using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum;

/// <content>What other peers say and ask.</content>
public sealed partial class QuorumStore
{
    /// <summary>Questions that are being answered at one time; more are not answered, and asked again.</summary>
    private const int MostQuestions = 512;

    /// <summary>Nobody waits longer for an answer.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private int _answering;

    private void Hear(Line line, ReadOnlyMemory<byte> content)
    {
        var heard = Bytes.TryRead(content, r => (object?)((Speech)r.ReadByte() switch
        {
            Speech.Protocol when line.Peer != Claim.Client => new Said(r.ReadString(), r.ReadMessage(line.Peer, _peers.Self)),
            Speech.Ask => new Asked(r.ReadString(), r.ReadInt64(), (Question)r.ReadByte(), r.ReadBlock()),
            Speech.Answer => new Answered(r.ReadInt64(), r.ReadBoolean() ? r.ReadBlock() : null),
            _ => null,
        }));
        switch (heard)
        {
            case Said { Message: { } message } said when TryOf(said.Election) is { } group:
                group.Hear(message);
                break;
            case Asked asked:
                _ = AnswerAsync(line, asked);
                break;
            case Answered answered:
                _asks.Hear(line.Peer, answered.Number, answered.Body);
                break;
        }
    }

    private static byte[] ProtocolSpeech(string election, RaftMessage message) => Bytes.Write(w =>
    {
        w.Write((byte)Speech.Protocol);
        w.Write(election);
        w.Write(message);
    });

    /// <summary>Null for what cannot be an election, or one too many.</summary>
    private Group? TryOf(string election)
    {
        try
        {
            return Of(election);
        }
        catch (Exception refused) when (refused is ArgumentException or StoreUnavailableException or ObjectDisposedException)
        {
            // Peers have the key, but may be of another version or about to end.
            return null;
        }
    }

    private async Task AnswerAsync(Line line, Asked asked)
    {
        if (Interlocked.Increment(ref _answering) > MostQuestions)
        {
            Interlocked.Decrement(ref _answering);
            return;
        }

        byte[]? answer = null;
        try
        {
            using var limit = new CancellationTokenSource(AnswerLimit, _clock);
            answer = await AnswerAsync(asked, line.Peer == Claim.Client, limit.Token);
        }
        catch (Exception failure) when (failure is StoreUnavailableException or OperationCanceledException or ObjectDisposedException or ArgumentException)
        {
            // Who asked is told that there is no answer.
        }
        finally
        {
            Interlocked.Decrement(ref _answering);
        }

        line.Send(Bytes.Write(w =>
        {
            w.Write((byte)Speech.Answer);
            w.Write(asked.Number);
            w.Write(answer is not null);
            if (answer is not null)
                w.WriteBlock(answer);
        }));
    }

    private async Task<byte[]?> AnswerAsync(Asked asked, bool byClient, CancellationToken cancellationToken)
    {
        // Who only looks must not use up the elections that this peer can take part in.
        if (byClient && !Knows(asked.Election))
            return AnswerWithNothing(asked);
        var group = Of(asked.Election);
        switch (asked.Question)
        {
            case Question.Members:
                var members = MembersOf(asked.Election);
                if (!byClient && members.Parse(asked.Body) is { } rows)
                    members.Merge(rows);
                return members.ToBytes();
            case Question.Seat:
                return (await group.SeatAsync(cancellationToken)).ToBytes();
            case Question.Knowledge when Bytes.TryRead(asked.Body, LedgerQuery.Read) is { } query:
                return (await group.KnowledgeAsync(query, cancellationToken)).ToBytes();
            case Question.Read when Bytes.TryRead(asked.Body, LedgerQuery.Read) is { } query:
                return (await group.ReadAsync(query, cancellationToken)).ToBytes();
            case Question.Write when !byClient && ForwardedWrite.Parse(asked.Body) is { } write:
                return (await group.WriteAsync(write.Term(asked.Election), write.Command, cancellationToken)).ToBytes();
            case Question.MakeEligible when !byClient && Bytes.TryRead(asked.Body, r => r.ReadString()) is { } peer:
                return (await group.MakeEligibleAsync(peer, cancellationToken)).ToBytes();
            default:
                return null;
        }
    }

    private bool Knows(string election) => _groups.ContainsKey(election) ||
        (ElectionOptionsValidator.IsName(election) && Directory.Exists(Path.GetDirectoryName(_folder.LogOf(election))));

    private byte[]? AnswerWithNothing(Asked asked) => asked.Question switch
    {
        Question.Members => new MemberTable(asked.Election, _clock).ToBytes(),
        Question.Seat => new SeatView(0, null, TimeSpan.Zero, false).ToBytes(),
        Question.Knowledge when Bytes.TryRead(asked.Body, LedgerQuery.Read) is { } query =>
            new PeerKnowledge(0, 0, _peers.Initial, query.Of(new ElectionState())).ToBytes(),
        _ => null,
    };

    private sealed record Said(string Election, RaftMessage? Message);

    private sealed record Asked(string Election, long Number, Question Question, byte[] Body);

    private sealed record Answered(long Number, byte[]? Body);
}
