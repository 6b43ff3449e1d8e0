using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Limits;

/// <summary>
/// Measures several things by turns, round by round, so that the noise of the machine hits all of them; each in turn is
/// the first, so that none always follows the same other.
/// </summary>
internal static class Interleaved
{
    public static async Task MeasureAsync(Run run, int rounds, params Contestant[] all)
    {
        for (var round = 0; round < rounds && !Array.TrueForAll(all, c => c.GivesUp); round++)
        {
            await Task.WhenAll(all.Select(c => c.PrepareAsync()));
            for (var i = 0; i < all.Length; i++)
            {
                // What preparing left to do is done by then, and the phase of renewals is a random one.
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(60, 180)), run.Stop);
                await all[(round + i) % all.Length].MeasureAsync();
            }

            Progress.Show($"round {round + 1} of {rounds}");
        }

        foreach (var one in all.Where(c => c.Trouble is not null))
            Console.Error.WriteLine($"{one.Failed} rounds failed, the last because {one.Trouble}");
    }
}
