namespace AspireElection.FaultNodes.Registers;

/// <summary>A log where the election itself lives.</summary>
internal sealed class LedgerRegister(ILedger ledger) : IRegister
{
    public const string Log = "register";

    private const int Kept = 500;

    public Task WriteAsync(Term term, CancellationToken cancellationToken) =>
        ledger.AppendAsync(term, Log, $"{term.Token}", Kept, cancellationToken).AsTask();
}
