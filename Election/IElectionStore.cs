namespace AspireElection;

/// <summary>A place where elections live: seat, members and ledger together.</summary>
public interface IElectionStore : ILeaseStore, IMembership, ILedger, IAsyncDisposable;
