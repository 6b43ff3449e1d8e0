namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A resource of the users', beside the store: it takes no write of an older term after one of a newer.</summary>
internal sealed class FencedRegister(History history) : Server(history, 1)
{
    private long _token;
    private CandidateId _holder;

    /// <summary>What was taken, for the checkers.</summary>
    public event Action<Term, string>? Took;

    public bool Write(Term term, string what)
    {
        if (History.Mistake != WorldMistake.RegisterComparesNoToken &&
            (term.Token < _token || (term.Token == _token && term.Candidate != _holder)))
        {
            throw new StaleTermException(term);
        }

        (_token, _holder) = (term.Token, term.Candidate);
        Took?.Invoke(term, what);
        return true;
    }

    public override void Wipe()
    {
    }

    public override void Disconnected(Line line)
    {
    }

    public override IElectionStore NewClient(Line line) => throw new NotSupportedException("It holds no elections.");

    protected override void Stopped(bool losesData)
    {
    }
}
