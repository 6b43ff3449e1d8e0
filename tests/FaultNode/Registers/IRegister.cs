namespace AspireElection.FaultNodes.Registers;

/// <summary>A place that a test reads and only the newest leader may write to.</summary>
internal interface IRegister
{
    /// <summary>Writes the term's token.</summary>
    /// <exception cref="StaleTermException">The fence refused it.</exception>
    Task WriteAsync(Term term, CancellationToken cancellationToken);

    public static IRegister Open(string? where, IElectionStore store) => where?.Split(':', 2) switch
    {
        ["redis", var connectionString] => new RedisRegister(connectionString),
        ["postgres", var connectionString] => new PostgresRegister(connectionString),
        [ValueRegister.Word, ..] => new ValueRegister(store),
        _ => new LedgerRegister(store),
    };
}
