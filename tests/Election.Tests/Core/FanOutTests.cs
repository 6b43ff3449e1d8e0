namespace AspireElection.Tests.Core;

/// <summary>One news to many, none of whom can hold up the others.</summary>
public sealed class FanOutTests
{
    [Fact]
    public async Task A_slow_subscriber_loses_the_oldest_which_is_counted_and_others_lose_nothing()
    {
        var dropped = 0;
        var fanOut = new FanOut<int>(3, () => dropped++);
        using var slow = fanOut.Subscribe(0);
        using var quick = fanOut.Subscribe(0);
        await using var reading = quick.ReadAsync().GetAsyncEnumerator();
        for (var news = 1; news <= 10; news++)
        {
            Assert.True(await reading.MoveNextAsync());
            Assert.Equal(news - 1, reading.Current);
            fanOut.Publish(news);
        }

        Assert.Equal(8, dropped);
        fanOut.Complete();
        Assert.Equal([8, 9, 10], await AllAsync(slow));
    }

    [Fact]
    public async Task Who_left_is_told_nothing_and_who_joins_after_the_end_does_not_wait()
    {
        var fanOut = new FanOut<int>(3);
        var left = fanOut.Subscribe();
        left.Dispose();
        fanOut.Publish(1);
        fanOut.Complete(new InvalidOperationException("the end"));
        using var late = fanOut.Subscribe();
        await Assert.ThrowsAsync<InvalidOperationException>(() => AllAsync(late));
    }

    private static async Task<List<int>> AllAsync(Subscription<int> subscription)
    {
        var all = new List<int>();
        await foreach (var news in subscription.ReadAsync())
            all.Add(news);
        return all;
    }
}
