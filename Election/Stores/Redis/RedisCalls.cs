using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Requests to the server, each bounded in time here: one version of the client has no bound of its own, others send
/// what they had queued up late.
/// </summary>
internal sealed class RedisCalls(IConnectionMultiplexer connection, TimeProvider clock)
{
    /// <summary>Bound of a request that no lease bounds.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly ServerLook _look = ServerLook.Of(connection, clock);

    /// <summary>A third of the lease leaves time for another attempt before the lease ends.</summary>
    public static TimeSpan BoundOf(TimeSpan lease) => Timestamps.Shorter(lease / 3, LongestWait);

    public TimeProvider Clock => clock;

    public string ChannelPrefix(string election) => RedisKeys.ChannelPrefix(election, connection.GetDatabase().Database);

    /// <summary>Runs a script of <c>Seat.lua</c>.</summary>
    /// <param name="script">Which one.</param>
    /// <param name="election">On which election.</param>
    /// <param name="me">On whose behalf; empty when on nobody's.</param>
    /// <param name="values">Its further arguments.</param>
    /// <param name="bound">How long to wait for the answer.</param>
    /// <param name="cancellationToken">Ends the wait, not the request.</param>
    public ValueTask<RedisResult> SeatAsync(
        RedisScript script,
        string election,
        string me,
        RedisValue[] values,
        TimeSpan bound,
        CancellationToken cancellationToken) =>
        SeatAsync(script, election, me, values, bound, null, cancellationToken);

    /// <summary>The same; <paramref name="late"/> is given an answer that arrives after the wait ended.</summary>
    public ValueTask<RedisResult> SeatAsync(
        RedisScript script,
        string election,
        string me,
        RedisValue[] values,
        TimeSpan bound,
        Action<RedisResult>? late,
        CancellationToken cancellationToken) =>
        AskAsync(
            db => db.EvaluateAsync(
                script,
                RedisKeys.Seat(election),
                [RedisKeys.ChannelPrefix(election, db.Database), me, .. values]),
            bound,
            late,
            cancellationToken);

    public ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> request, CancellationToken cancellationToken) =>
        AskAsync(request, LongestWait, null, cancellationToken);

    public ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> request, TimeSpan bound, CancellationToken cancellationToken) =>
        AskAsync(request, bound, null, cancellationToken);

    /// <summary>Subscribes; returns when messages are being heard, or when the client will see to it on its next connection.</summary>
    public async ValueTask SubscribeAsync(
        RedisChannel channel, Action<RedisChannel, RedisValue> heard, TimeSpan bound, CancellationToken cancellationToken) =>
        await AskAsync(
            async _ =>
            {
                await connection.GetSubscriber().SubscribeAsync(channel, heard);
                return true;
            },
            bound,
            null,
            cancellationToken);

    /// <summary>Unsubscribes, some time: nobody waits for it.</summary>
    public void Unsubscribe(RedisChannel channel, Action<RedisChannel, RedisValue> heard)
    {
        _ = LateAsync(UnsubscribeAsync(), null);

        async Task<bool> UnsubscribeAsync()
        {
            await connection.GetSubscriber().UnsubscribeAsync(channel, heard);
            return true;
        }
    }

    public StoreUnavailableException Broken() => RedisTrouble.OfBreak(connection);

    public StoreUnavailableException Unconfirmed(string found, Exception? exception = null) =>
        RedisTrouble.OfConfirmation(connection, found, exception);

    private async ValueTask<T> AskAsync<T>(
        Func<IDatabase, Task<T>> request, TimeSpan bound, Action<T>? late, CancellationToken cancellationToken)
    {
        Task<T>? unanswered = null;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            unanswered = request(connection.GetDatabase());
            var answer = await unanswered.WaitAsync(bound, clock, cancellationToken);
            unanswered = null;
            return answer;
        }
        catch (Exception exception) when (RedisTrouble.Explains(exception))
        {
            throw RedisTrouble.Of(connection, _look, exception, bound);
        }
        finally
        {
            if (unanswered is not null)
                _ = LateAsync(unanswered, late);
            // The client completes answers one after the other on a thread of its own; what follows here must not
            // hold up the answers behind it.
            await Task.Yield();
        }
    }

    private static async Task LateAsync<T>(Task<T> answer, Action<T>? late)
    {
        try
        {
            var result = await answer;
            late?.Invoke(result);
        }
        catch (Exception exception) when (RedisTrouble.Explains(exception) || exception is OperationCanceledException)
        {
            // Nobody waits for it any more: it was not applied, or its effect ends with its lease or its connection.
        }
    }
}
