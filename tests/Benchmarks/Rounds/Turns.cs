namespace AspireElection.Benchmarks.Rounds;

/// <summary>At most so many at one time.</summary>
internal sealed class Turns(int atOneTime) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atOneTime);

    public async Task<IDisposable> TakeAsync(CancellationToken stop)
    {
        await _free.WaitAsync(stop);
        return new Turn(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
