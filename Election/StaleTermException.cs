namespace AspireElection;

/// <summary>A write under a term was refused, because a newer term has written. The writer must stop.</summary>
public sealed class StaleTermException : InvalidOperationException
{
    /// <summary>A write under <paramref name="term"/> was refused.</summary>
    public StaleTermException(Term term)
        : base($"A write of {term.Candidate} under term {term.Token} of election '{term.Election}' was refused: a newer term has written.") =>
        Term = term;

    /// <summary>The term that is over.</summary>
    public Term Term { get; }
}
