namespace AspireElection.Benchmarks.Server;

/// <summary>Reads a server's own statistics.</summary>
internal interface IMeter : IAsyncDisposable
{
    Task<Reading> ReadAsync(CancellationToken stop);
}
