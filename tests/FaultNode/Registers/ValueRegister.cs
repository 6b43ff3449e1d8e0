namespace AspireElection.FaultNodes.Registers;

/// <summary>A value where the election itself lives, for a store that keeps every version of what is written.</summary>
internal sealed class ValueRegister(ILedger ledger) : IRegister
{
    public const string Word = "value";

    public const string Key = "register";

    public Task WriteAsync(Term term, CancellationToken cancellationToken) =>
        ledger.WriteAsync(term, Key, $"{term.Token}", cancellationToken).AsTask();
}
