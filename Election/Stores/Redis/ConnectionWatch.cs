using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>Somebody who has to know when the connection broke or came back. Called on the client's threads: no waiting.</summary>
internal interface IConnectionListener
{
    void ConnectionBroke();

    void ConnectionCameBack();
}

/// <summary>
/// Passes the events of one client to thousands of listeners. They are asked for when something happens: each is kept
/// somewhere already, and need not be kept a second time.
/// </summary>
internal sealed class ConnectionWatch : IDisposable
{
    private readonly IConnectionMultiplexer _connection;
    private readonly Func<IEnumerable<IConnectionListener>> _listeners;

    public ConnectionWatch(IConnectionMultiplexer connection, Func<IEnumerable<IConnectionListener>> listeners)
    {
        _connection = connection;
        _listeners = listeners;
        _connection.ConnectionFailed += Failed;
        _connection.ConnectionRestored += Restored;
    }

    public void Dispose()
    {
        _connection.ConnectionFailed -= Failed;
        _connection.ConnectionRestored -= Restored;
    }

    private void Failed(object? sender, ConnectionFailedEventArgs args)
    {
        foreach (var listener in _listeners())
            listener.ConnectionBroke();
    }

    private void Restored(object? sender, ConnectionFailedEventArgs args)
    {
        foreach (var listener in _listeners())
            listener.ConnectionCameBack();
    }
}
