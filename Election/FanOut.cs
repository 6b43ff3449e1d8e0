using System.Collections.Concurrent;

namespace AspireElection;

/// <summary>
/// One news to many subscribers, who come and go at any time. Each has a bounded queue of its own: a slow one loses
/// its oldest news, which is counted, and never holds up whoever publishes.
/// </summary>
/// <param name="capacity">How many news wait for one subscriber.</param>
/// <param name="dropped">Called for each news that a slow subscriber lost.</param>
internal sealed class FanOut<T>(int capacity, Action? dropped = null)
{
    private readonly ConcurrentDictionary<Subscription<T>, byte> _subscribers = new();
    private volatile bool _completed;
    private Exception? _end;

    /// <summary>How many are subscribed now. It locks all of them for a moment: for people, not for each news.</summary>
    public int Subscribers => _subscribers.Count;

    /// <summary>Gives the news to everybody who is subscribed now, and answers how many those are.</summary>
    public int Publish(T news)
    {
        var told = 0;
        foreach (var (subscriber, _) in _subscribers)
        {
            subscriber.Tell(news);
            told++;
        }

        return told;
    }

    public Subscription<T> Subscribe() => Join(NewSubscription());

    /// <summary>Subscribes; the first news is <paramref name="first"/>.</summary>
    public Subscription<T> Subscribe(T first)
    {
        var subscription = NewSubscription();
        subscription.Tell(first);
        return Join(subscription);
    }

    /// <summary>Ends every subscription after what is in its queue, with an error if one is given.</summary>
    public void Complete(Exception? end = null)
    {
        _end = end;
        _completed = true;
        foreach (var (subscriber, _) in _subscribers)
            subscriber.End(end);
    }

    private Subscription<T> NewSubscription() => new(capacity, dropped, left => _subscribers.TryRemove(left, out _));

    private Subscription<T> Join(Subscription<T> subscription)
    {
        _subscribers.TryAdd(subscription, 0);
        // Looked at after joining: who joins while the last ones are told must not wait for news that never come.
        if (_completed)
            subscription.End(_end);
        return subscription;
    }
}
