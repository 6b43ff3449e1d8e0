using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Limits;

/// <summary>Measures several things in the same rounds, so that the noise of the machine hits all of them.</summary>
internal static class Interleaved
{
    /// <summary>By turns, for what takes milliseconds; each in turn is the first, so that none always follows the same other.</summary>
    public static Task ByTurnsAsync(Run run, int rounds, params Contestant[] all) => RoundsAsync(run, rounds, all, async round =>
    {
        for (var i = 0; i < all.Length; i++)
        {
            // What preparing left to do is done by then.
            await PauseAsync(run, 60, 180);
            await all[(round + i) % all.Length].MeasureAsync();
        }
    });

    /// <summary>At the same time, for what takes a good part of a lease, mostly waiting.</summary>
    public static Task TogetherAsync(Run run, int rounds, params Contestant[] all) => RoundsAsync(run, rounds, all, _ =>
        // Over the longest period of any of them: whoever looks once a second is met at any time of that second.
        Task.WhenAll(all.Select(async c =>
        {
            await PauseAsync(run, 200, 1200);
            await c.MeasureAsync();
        })));

    private static async Task RoundsAsync(Run run, int rounds, Contestant[] all, Func<int, Task> measure)
    {
        for (var round = 0; round < rounds && !Array.TrueForAll(all, c => c.GivesUp); round++)
        {
            run.Stop.ThrowIfCancellationRequested();
            await Task.WhenAll(all.Select(c => c.PrepareAsync()));
            await measure(round);
            Progress.Show(round + 1, rounds);
        }

        foreach (var one in all.Where(c => c.Trouble is not null))
            run.Tell($"{one.Failed} rounds failed, the last because {one.Trouble}");
    }

    /// <summary>The phase of renewals is a random one.</summary>
    private static Task PauseAsync(Run run, int least, int most) =>
        Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(least, most)), run.Stop);
}
