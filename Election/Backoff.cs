namespace AspireElection;

/// <summary>Pauses between tries: doubling from the first to the longest, each with jitter against a herd.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private int _tries;

    public void Reset() => _tries = 0;

    public TimeSpan Next()
    {
        var pause = first * (1 << Math.Min(_tries++, 10));
        if (pause > longest)
            pause = longest;
        return pause * (0.5 + random.NextDouble() / 2);
    }
}
