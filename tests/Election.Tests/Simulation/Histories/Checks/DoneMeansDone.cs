using AspireElection.Jobs;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A job that runs once is on record as done only after a run of it had its effect: a lost one is repeated by nobody.</summary>
internal sealed class DoneMeansDone : Checker
{
    private bool _hadItsEffect;

    public DoneMeansDone(History history)
        : base(history) => history.Register.Took += (_, what) => _hadItsEffect |= what == LeaderWork.Effect;

    public override void Recorded(Term term, string key, string value)
    {
        if (!_hadItsEffect && JobState.FromJson(value) is { Job: LeaderWork.Once, DoneVersion: LeaderWork.Version })
            Fail($"{LeaderWork.Once} is on record as done by {term.Token}, and no run of it had any effect");
    }
}
