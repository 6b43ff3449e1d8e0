namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A fenced resource takes no write of an older term after one of a newer, nor one of an equal token of another holder.</summary>
internal sealed class RegisterNeverGoesBack : Checker
{
    private Term? _last;

    public RegisterNeverGoesBack(History history)
        : base(history) => history.Register.Took += Took;

    private void Took(Term term, string what)
    {
        if (_last is { } last && (term.Token < last.Token || (term.Token == last.Token && term.Candidate != last.Candidate)))
            Fail($"the register took a {what} of {term.Token} by {term.Candidate} after one of {last.Token} by {last.Candidate}");
        _last = term;
    }
}
