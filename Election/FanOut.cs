namespace AspireElection;

/// <summary>
/// One news to many subscribers, who come and go at any time. Each has a bounded queue of its own: a slow one loses
/// its oldest news, which is counted, and never holds up whoever publishes. Without subscribers it is next to nothing.
/// </summary>
/// <param name="capacity">How many news wait for one subscriber.</param>
/// <param name="election">Of which election.</param>
/// <param name="dropped">Called with the election for each news that a slow subscriber lost.</param>
internal sealed class FanOut<T>(int capacity, string election, Action<string>? dropped)
{
    // Replaced as a whole when somebody joins or leaves, so that publishing needs no lock.
    private Subscription<T>[] _subscribers = [];
    private volatile bool _completed;
    private Exception? _end;

    public FanOut(int capacity, Action? dropped = null)
        : this(capacity, string.Empty, dropped is null ? null : _ => dropped())
    {
    }

    /// <summary>How many are subscribed now.</summary>
    public int Subscribers => Volatile.Read(ref _subscribers).Length;

    /// <summary>Gives the news to everybody who is subscribed now, and answers how many those are.</summary>
    public int Publish(T news)
    {
        var subscribers = Volatile.Read(ref _subscribers);
        foreach (var subscriber in subscribers)
            subscriber.Tell(news);
        return subscribers.Length;
    }

    public Subscription<T> Subscribe() => Join(new Subscription<T>(this, capacity));

    /// <summary>Subscribes; the first news is <paramref name="first"/>.</summary>
    public Subscription<T> Subscribe(T first)
    {
        var subscription = new Subscription<T>(this, capacity);
        subscription.Tell(first);
        return Join(subscription);
    }

    /// <summary>Ends every subscription after what is in its queue, with an error if one is given.</summary>
    public void Complete(Exception? end = null)
    {
        _end = end;
        _completed = true;
        // Who joins either finds that it is complete, or is found here.
        Interlocked.MemoryBarrier();
        foreach (var subscriber in Volatile.Read(ref _subscribers))
            subscriber.End(end);
    }

    public void Leave(Subscription<T> subscription) => Replace(all => [.. all.Where(s => s != subscription)]);

    /// <summary>A slow subscriber lost its oldest news.</summary>
    public void Dropped() => dropped?.Invoke(election);

    private Subscription<T> Join(Subscription<T> subscription)
    {
        Replace(all => [.. all, subscription]);
        // Looked at after joining: who joins while the last ones are told must not wait for news that never come.
        if (_completed)
            subscription.End(_end);
        return subscription;
    }

    private void Replace(Func<Subscription<T>[], Subscription<T>[]> with)
    {
        Subscription<T>[] before;
        do
            before = Volatile.Read(ref _subscribers);
        while (Interlocked.CompareExchange(ref _subscribers, with(before), before) != before);
    }
}
