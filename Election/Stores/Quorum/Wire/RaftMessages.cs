using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Stores.Quorum.Wire;

/// <summary>Messages of the protocol as bytes. Sender and receiver are those of the line, which has proved them.</summary>
internal static class RaftMessages
{
    private enum Kind : byte
    {
        PreVoteRequest = 1,
        PreVoteAnswer,
        VoteRequest,
        VoteAnswer,
        Append,
        AppendAnswer,
        InstallSnapshot,
        TimeoutNow,
        SeatReleased,
        Waits,
    }

    public static void Write(this BinaryWriter writer, RaftMessage message)
    {
        writer.Write((byte)KindOf(message));
        writer.Write(message.Term);
        writer.Write(message.Standing is not null);
        writer.Write(message.Standing ?? 0);
        writer.Write(message.StandingName);
        switch (message)
        {
            case PreVoteRequest m:
                writer.Write(m.Campaign);
                writer.Write(m.LastIndex);
                writer.Write(m.LastTerm);
                break;
            case PreVoteAnswer m:
                writer.Write(m.Campaign);
                writer.Write(m.Granted);
                break;
            case VoteRequest m:
                writer.Write(m.LastIndex);
                writer.Write(m.LastTerm);
                writer.Write(m.Released);
                break;
            case VoteAnswer m:
                writer.Write(m.Granted);
                break;
            case Append m:
                WriteAppend(writer, m);
                break;
            case AppendAnswer m:
                writer.Write(m.Matched);
                writer.Write(m.Match);
                writer.Write(m.Previous);
                writer.Write(m.Hint);
                writer.Write(m.Round);
                break;
            case InstallSnapshot m:
                writer.Write(m.Snapshot);
                break;
        }
    }

    public static RaftMessage? ReadMessage(this BinaryReader reader, string from, string to)
    {
        var kind = (Kind)reader.ReadByte();
        var term = reader.ReadInt64();
        var stands = reader.ReadBoolean();
        var priority = reader.ReadInt32();
        var name = reader.ReadString();
        RaftMessage? message = kind switch
        {
            Kind.PreVoteRequest => new PreVoteRequest(from, to, term, reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()),
            Kind.PreVoteAnswer => new PreVoteAnswer(from, to, term, reader.ReadInt64(), reader.ReadBoolean()),
            Kind.VoteRequest => new VoteRequest(from, to, term, reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()),
            Kind.VoteAnswer => new VoteAnswer(from, to, term, reader.ReadBoolean()),
            Kind.Append => ReadAppend(reader, from, to, term),
            Kind.AppendAnswer => new AppendAnswer(
                from, to, term, reader.ReadBoolean(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()),
            Kind.InstallSnapshot => new InstallSnapshot(from, to, term, reader.ReadSnapshot()),
            Kind.TimeoutNow => new TimeoutNow(from, to, term),
            Kind.SeatReleased => new SeatReleased(from, to, term),
            Kind.Waits => new Waits(from, to, term),
            _ => null,
        };
        return message is null ? null : message with { Standing = stands ? priority : null, StandingName = name };
    }

    private static Kind KindOf(RaftMessage message) => message switch
    {
        PreVoteRequest => Kind.PreVoteRequest,
        PreVoteAnswer => Kind.PreVoteAnswer,
        VoteRequest => Kind.VoteRequest,
        VoteAnswer => Kind.VoteAnswer,
        Append => Kind.Append,
        AppendAnswer => Kind.AppendAnswer,
        InstallSnapshot => Kind.InstallSnapshot,
        TimeoutNow => Kind.TimeoutNow,
        SeatReleased => Kind.SeatReleased,
        Waits => Kind.Waits,
        _ => throw new ArgumentOutOfRangeException(nameof(message), message, null),
    };

    private static void WriteAppend(BinaryWriter writer, Append message)
    {
        writer.Write(message.PrevIndex);
        writer.Write(message.PrevTerm);
        writer.WriteList(message.Entries, writer.Write);
        writer.Write(message.Commit);
        writer.Write(message.Round);
        writer.Write(message.Lease);
        writer.WriteList(message.Line, s =>
        {
            writer.Write(s.Id);
            writer.Write(s.Priority);
            writer.Write(s.Name);
        });
    }

    private static Append ReadAppend(BinaryReader reader, string from, string to, long term) => new(
        from,
        to,
        term,
        reader.ReadInt64(),
        reader.ReadInt64(),
        reader.ReadList(reader.ReadEntry),
        reader.ReadInt64(),
        reader.ReadInt64(),
        reader.ReadDuration(),
        reader.ReadList(() => new Stander(reader.ReadString(), reader.ReadInt32()) { Name = reader.ReadString() }));
}
