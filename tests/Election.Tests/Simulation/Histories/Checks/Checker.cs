namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A rule that every history keeps. It looks after each step and fails the history when the rule is broken.</summary>
internal abstract class Checker(History history)
{
    protected History History => history;

    protected long Now => history.Time.Now;

    public static Checker[] All(History history) =>
    [
        new OneLeader(history),
        new TrustEndsBeforeTheLease(history),
        new TokensGrow(history),
        new RegisterNeverGoesBack(history),
        new LossIsTold(history),
        new EndsForAReason(history),
        new WorkEndsBeforeTheNextTerm(history),
        new DrainIsGranted(history),
        new JobsRunUnderTrust(history),
        new JobsNeitherLostNorDoubled(history),
        new DoneMeansDone(history),
        new GivesBack(history),
        new HandsOverAtOnce(history),
        new TakesOverInTime(history),
        new KeepsItsTerm(history),
        new AsksNothingAfterTheEnd(history),
        new ResignedStandsBack(history),
        new LoopsTurn(history),
        new Settles(history),
    ];

    /// <summary>After each step.</summary>
    public virtual void Look()
    {
    }

    /// <summary>A node believes in a leadership that it did not believe in before.</summary>
    public virtual void Began(Reign reign)
    {
    }

    /// <summary>A node does not believe in its leadership any more.</summary>
    public virtual void Ended(Reign reign)
    {
    }

    /// <summary>The store granted the seat.</summary>
    public virtual void Granted(string who, long token)
    {
    }

    /// <summary>The store took a seat back from its holder.</summary>
    public virtual void Released(long token)
    {
    }

    /// <summary>A node sent a request.</summary>
    public virtual void Sent(int node, string what)
    {
    }

    /// <summary>The store carried out a request.</summary>
    public virtual void Served(int node, string what)
    {
    }

    /// <summary>Work of a leader began to run.</summary>
    public virtual void Started(WorkRun run)
    {
    }

    /// <summary>The store's ledger took a value.</summary>
    public virtual void Recorded(Term term, string key, string value)
    {
    }

    /// <summary>The store lost its ledger.</summary>
    public virtual void Forgot()
    {
    }

    /// <summary>What is still to come, for which the history goes on when it is quiet; null when nothing is.</summary>
    public virtual string? Outstanding() => null;

    /// <summary>The history is over.</summary>
    public virtual void Finish()
    {
    }

    protected void Fail(string message) => history.Fail(GetType().Name, message);
}
