using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Replicated;

/// <summary>A write that a peer which does not lead hands on to the one that does, with the exact term.</summary>
internal sealed record ForwardedWrite(CandidateId Candidate, long Token, LedgerCommand Command)
{
    public static ForwardedWrite? Parse(byte[] bytes) => Bytes.TryRead(
        bytes, r => new ForwardedWrite(r.ReadCandidate(), r.ReadInt64(), LedgerCommand.Read(r)));

    public Term Term(string election) => new(election, Candidate, Token);

    public byte[] ToBytes() => Bytes.Write(w =>
    {
        w.Write(Candidate);
        w.Write(Token);
        Command.Write(w);
    });
}
