namespace AspireElection.Jobs;

/// <summary>What a running job is given.</summary>
public sealed class JobContext
{
    private readonly Func<double, Task> _report;

    internal JobContext(Leadership leadership, ILedger ledger, Func<double, Task> report)
    {
        Leadership = leadership;
        Ledger = ledger;
        _report = report;
    }

    /// <summary>The leadership under which the job runs; its token belongs to every write.</summary>
    public Leadership Leadership { get; }

    /// <summary>The term to write under.</summary>
    public Term Term => Leadership.Term;

    /// <summary>Where the election lives: for what a job has to tell its next run, on whichever node.</summary>
    public ILedger Ledger { get; }

    /// <summary>Says how far the job is, 0 to 1. Shown to people; written at most once a second.</summary>
    public Task ReportAsync(double progress) => _report(Math.Clamp(progress, 0, 1));
}
