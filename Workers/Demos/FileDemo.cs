using System.Globalization;

namespace AspireElection.Workers.Demos;

/// <summary>Three worker processes over one folder, side by side in one terminal: the leader is stopped, and another takes over.</summary>
internal static class FileDemo
{
    private const int Workers = 3;

    private static readonly TimeSpan Scene = TimeSpan.FromSeconds(3.2);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // More than a worker takes to resign, to leave and to end.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(DemoScreen screen, CancellationToken stopping)
    {
        var folder = Directory.CreateTempSubdirectory("election-demo-");
        var workers = new List<DemoWorker>();
        var done = false;
        try
        {
            screen.Say($"Three workers elect a leader through files in {folder.FullName}.");
            for (var number = 1; number <= Workers; number++)
                workers.Add(DemoWorker.Start(number, folder.FullName, screen));
            await Task.WhenAll(workers.Select(w => w.Knows)).WaitAsync(Limit, stopping);
            // Others may have told of it before it tells of itself.
            var leader = await (await Task.WhenAny(workers.Select(NextAsync)).WaitAsync(Limit, stopping));
            await Task.Delay(Scene, stopping);

            screen.Say($"Stopping the leader {leader.Id}: SIGTERM to process {leader.ProcessId}.");
            var stopped = DateTimeOffset.UtcNow;
            leader.Stop();
            var next = await (await Task.WhenAny(workers.Where(w => w != leader).Select(NextAsync)).WaitAsync(Limit, stopping));
            var (led, lost) = (await next.Led, await leader.Lost.WaitAsync(Limit, stopping));
            screen.Say($"{next.Id} has taken over {Milliseconds(led - stopped)} after the signal, {Milliseconds(led - lost)} after {leader.Id} had resigned.");
            await Task.Delay(Scene, stopping);
            done = true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            done = true;
        }
        catch (TimeoutException)
        {
            screen.Say($"Nobody took over within {Limit.TotalSeconds:0} s.");
        }
        finally
        {
            screen.Say("Stopping all workers.");
            // A worker that was interrupted with the demo before it listened to signals has no exit code of its own.
            done &= await EndAsync(workers, screen) || stopping.IsCancellationRequested;
            folder.Delete(recursive: true);
        }

        screen.Say(done ? "All have ended in order, and their folder is removed." : "Not all went as it should: see above.");
        return done ? 0 : OrderlyExit.NotStarted;
    }

    private static async Task<DemoWorker> NextAsync(DemoWorker worker)
    {
        await worker.Led;
        return worker;
    }

    /// <summary>The leader last: nobody shall be elected to stop at once. True when all ended with exit code 0.</summary>
    private static async Task<bool> EndAsync(List<DemoWorker> workers, DemoScreen screen)
    {
        using var limit = new CancellationTokenSource(LongestEnd);
        var inOrder = true;
        foreach (var worker in workers.OrderBy(w => w.Led.IsCompleted && !w.Lost.IsCompleted))
        {
            try
            {
                worker.Stop();
                var code = await worker.EndAsync(limit.Token);
                inOrder &= code == 0;
                if (code != 0)
                    screen.Say($"{worker.Id} ended with exit code {code}.");
            }
            catch (OperationCanceledException)
            {
                inOrder = false;
                screen.Say($"{worker.Id} did not end within {LongestEnd.TotalSeconds:0} s and is killed.");
            }
            finally
            {
                worker.Dispose();
            }
        }

        return inOrder;
    }

    private static string Milliseconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.0} ms");
}
