namespace AspireElection.Dashboard.Watching;

/// <summary>
/// Asks the store within a time bound. A question that does not even end when it is cancelled is left behind, and no
/// other is asked before it has ended: a hanging store would else collect one more each second.
/// </summary>
internal sealed class BoundedRead(TimeSpan bound)
{
    private Task _left = Task.CompletedTask;

    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(bound);
        if (!_left.IsCompleted)
        {
            await Task.WhenAny(_left, Task.Delay(Timeout.InfiniteTimeSpan, limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }

        var answer = question(limit.Token);
        _left = answer;
        return await answer.WaitAsync(limit.Token);
    }
}
