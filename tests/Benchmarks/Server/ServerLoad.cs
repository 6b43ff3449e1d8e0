namespace AspireElection.Benchmarks.Server;

/// <summary>
/// What an election in rest asks of its server, by the server's own statistics: the leader, and each idle follower. All
/// stores at one time: they leave the machine idle.
/// </summary>
internal sealed class ServerLoad : IPart
{
    private static readonly string[] s_stores = ["redis", "postgres", "etcd"];

    public string Name => "server-load";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => Lane.Duration;

    public async Task MeasureAsync(Run run)
    {
        var lanes = s_stores.SelectMany(store => new[] { new Lane(store, false), new Lane(store, true) }).ToList();
        var failures = await Task.WhenAll(lanes.Select(lane => FailureAsync(lane, run.Stop)));
        foreach (var (lane, failure) in lanes.Zip(failures))
        {
            if (failure is null)
                lane.Report(run);
            else
                run.Breaks($"{lane.Name}: {failure}");
        }
    }

    private static async Task<string?> FailureAsync(Lane lane, CancellationToken stop)
    {
        try
        {
            await using (lane)
                await lane.MeasureAsync(stop);
            return null;
        }
#pragma warning disable CA1031 // one server that does not start must not cost the figures of the others
        catch (Exception exception) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }
}
