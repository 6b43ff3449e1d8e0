namespace AspireElection.FaultNodes;

/// <summary>What a test tells a node besides the settings of a worker.</summary>
internal static class Variables
{
    /// <summary>Where <see cref="WritingJob"/> writes: <c>redis:</c> or <c>postgres:</c> and a connection string, else the ledger.</summary>
    public const string Register = "FAULT_REGISTER";

    /// <summary>A folder whose SQL files take the place of the worker's own migrations.</summary>
    public const string Migrations = "FAULT_MIGRATIONS";

    /// <summary>On PostgreSQL: how many sessions hold all seats of the process, instead of one for each.</summary>
    public const string LockSessions = "FAULT_LOCK_SESSIONS";

    /// <summary>The process id of the test, without which the node ends.</summary>
    public const string Owner = "FAULT_OWNER";
}
