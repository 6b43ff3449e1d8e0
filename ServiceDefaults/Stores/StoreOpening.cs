using AspireElection.Stores.Files;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>Opens the store that was chosen, with a client of its own.</summary>
public static class StoreOpening
{
    /// <summary>
    /// Opens the store. A server that is away fails no opening, but may delay it for some seconds; the store then says
    /// so at each call until the server is there.
    /// </summary>
    public static async Task<IElectionStore> OpenAsync(this StoreChoice choice, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(choice);
        switch (choice.Kind)
        {
            case "redis":
                var options = ConfigurationOptions.Parse(choice.Address);
                // Without it the client gives up for good when the server is away at the start.
                options.AbortOnConnectFail = false;
                // One version of the client waits for its first connection on the caller's thread.
                return new RedisStore(await Task.Run(() => ConnectionMultiplexer.ConnectAsync(options)), clock);
            case "postgres":
                return new PostgresStore(choice.Address, clock);
            default:
                return new FileStore(choice.Address, clock);
        }
    }
}
