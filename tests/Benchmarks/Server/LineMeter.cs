using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Server;

/// <summary>Counts round trips and bytes on the way to a server that counts neither.</summary>
/// <param name="server">Which one.</param>
/// <param name="waits">Whether a wait that begins anew because its time was over counts as well.</param>
internal sealed class LineMeter(RealServer server, bool waits = true) : IMeter
{
    private readonly CountingLine _line = new(server.Port);

    public string ConnectionString => server.ConnectionString.Replace($"Port={server.Port}", $"Port={_line.Port}", StringComparison.Ordinal);

    public Reading Read() => new(waits ? _line.Trips : _line.Asked, _line.Bytes);

    public Task<Reading> ReadAsync(CancellationToken stop) => Task.FromResult(Read());

    public ValueTask DisposeAsync() => _line.DisposeAsync();
}
