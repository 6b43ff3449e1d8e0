using AspireElection.Fencing;
using StackExchange.Redis;

namespace AspireElection.FaultNodes.Registers;

/// <summary>A key of Redis behind its fence, over a line of its own: a node that is cut from its store can still write here.</summary>
internal sealed class RedisRegister(string connectionString) : IRegister
{
    // abortConnect=false: a server that is away is waited for.
    private readonly Lazy<Task<ConnectionMultiplexer>> _client =
        new(() => ConnectionMultiplexer.ConnectAsync(connectionString + ",abortConnect=false,connectTimeout=1000"));

    public static string KeyOf(string election) => $"election:{{{election}}}:register";

    public async Task WriteAsync(Term term, CancellationToken cancellationToken)
    {
        var client = await _client.Value.WaitAsync(cancellationToken);
        await RedisFence.SetAsync(client.GetDatabase(), term, KeyOf(term.Election), term.Token, null, cancellationToken);
    }
}
