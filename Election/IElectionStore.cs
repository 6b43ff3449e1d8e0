namespace AspireElection;

/// <summary>A place where elections live: seat, members and ledger together.</summary>
public interface IElectionStore : ILeaseStore, IMembership, ILedger, IAsyncDisposable
{
    /// <summary>
    /// What the store promises as it is set up, in one line for people; logged when a candidate begins to
    /// stand. Default: one leader at a time for as long as the store loses nothing that it confirmed.
    /// </summary>
    string Promise =>
        "one leader at a time while it loses no data and no copy without the last write takes its place; stale writes are refused in any case";
}
