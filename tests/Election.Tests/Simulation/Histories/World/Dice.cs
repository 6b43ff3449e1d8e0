namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Chance from one seed: the same on every machine and every version of .NET, and quick to make, because each host and
/// each line has its own, so that dropping one fault changes little of what the others draw.
/// </summary>
internal sealed class Dice : Random
{
    private readonly ulong _seed;
    private ulong _state;

    public Dice(ulong seed)
        : base(0) => _seed = _state = seed;

    /// <summary>Dice of their own for a part of the world.</summary>
    public Dice For(ulong part) => new(Mix(_seed ^ Mix(part + 0x9E3779B97F4A7C15)));

    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public override int Next() => (int)(NextBits() >> 33);

    public override int Next(int maxValue) => (int)(NextDouble() * maxValue);

    public override int Next(int minValue, int maxValue) => minValue + (int)(NextDouble() * (maxValue - (double)minValue));

    public override long NextInt64(long maxValue) => (long)(NextDouble() * maxValue);

    public bool Hits(double chance) => NextDouble() < chance;

    public long Between(long low, long high) => low + (long)(NextDouble() * (high - low));

    public double Between(double low, double high) => low + NextDouble() * (high - low);

    public T Pick<T>(params ReadOnlySpan<T> of) => of[Next(of.Length)];

    protected override double Sample() => NextDouble();

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
