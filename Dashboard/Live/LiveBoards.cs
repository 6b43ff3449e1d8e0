using AspireElection.Dashboard.Timeline;

namespace AspireElection.Dashboard.Live;

/// <summary>One live board for each range of the timeline; those at which nobody looks cost nothing.</summary>
internal sealed class LiveBoards(IServiceProvider services)
{
    private readonly Dictionary<TimelineRange, LiveBoard> _boards =
        TimelineRange.All.ToDictionary(r => r, r => ActivatorUtilities.CreateInstance<LiveBoard>(services, r));

    public LiveBoard this[TimelineRange range] => _boards[range];

    /// <summary>How many look, at whichever.</summary>
    public int Looking => _boards.Values.Sum(b => b.Looking);

    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<LiveBoards>();
        // Not by AddHostedService: it takes services of one type for one.
        foreach (var range in TimelineRange.All)
            services.AddSingleton<IHostedService>(all => all.GetRequiredService<LiveBoards>()[range]);
    }
}
