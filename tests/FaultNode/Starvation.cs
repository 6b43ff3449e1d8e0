using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AspireElection.FaultNodes;

/// <summary>Blocks every thread of the pool for a while, as badly written work does.</summary>
internal static class Starvation
{
    private const int Blocked = 200;

    public static void Map(WebApplication app) => app.MapPost("/starve", (int ms) =>
    {
        var duration = TimeSpan.FromMilliseconds(ms);
        // Not from the pool: it must answer before.
        new Thread(() => Starve(duration)) { IsBackground = true }.Start();
        return Results.Accepted();
    });

    private static void Starve(TimeSpan duration)
    {
        ThreadPool.GetMaxThreads(out var most, out var ports);
        ThreadPool.GetMinThreads(out var least, out _);
        ThreadPool.SetMaxThreads(Math.Max(least, Environment.ProcessorCount), ports);
        using var over = new ManualResetEventSlim();
        using var left = new CountdownEvent(Blocked);
        for (var i = 0; i < Blocked; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                over.Wait();
                left.Signal();
            }, null);
        }

        Thread.Sleep(duration);
        over.Set();
        ThreadPool.SetMaxThreads(most, ports);
        left.Wait();
    }
}
