using System.Collections.Concurrent;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>Somebody who has to know when the connection broke or came back. Called on the client's threads: no waiting.</summary>
internal interface IConnectionListener
{
    void ConnectionBroke();

    void ConnectionCameBack();
}

/// <summary>Passes the events of one client to thousands of listeners, that come and go at little cost.</summary>
internal sealed class ConnectionWatch : IDisposable
{
    private readonly IConnectionMultiplexer _connection;
    private readonly ConcurrentDictionary<IConnectionListener, bool> _listeners = new();

    public ConnectionWatch(IConnectionMultiplexer connection)
    {
        _connection = connection;
        _connection.ConnectionFailed += Failed;
        _connection.ConnectionRestored += Restored;
    }

    public void Add(IConnectionListener listener) => _listeners[listener] = true;

    public void Remove(IConnectionListener listener) => _listeners.TryRemove(listener, out _);

    public void Dispose()
    {
        _connection.ConnectionFailed -= Failed;
        _connection.ConnectionRestored -= Restored;
    }

    private void Failed(object? sender, ConnectionFailedEventArgs args)
    {
        foreach (var listener in _listeners.Keys)
            listener.ConnectionBroke();
    }

    private void Restored(object? sender, ConnectionFailedEventArgs args)
    {
        foreach (var listener in _listeners.Keys)
            listener.ConnectionCameBack();
    }
}
