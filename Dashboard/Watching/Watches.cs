namespace AspireElection.Dashboard.Watching;

/// <summary>All elections that the dashboard looks at; runs as long as the host does.</summary>
internal sealed class Watches : BackgroundService
{
    private readonly IReadOnlyList<ElectionWatch> _watches;
    private readonly Func<IElectionStore> _open;

    /// <param name="settings">Which elections.</param>
    /// <param name="open">Opens the store; neither waits nor fails because a server is away.</param>
    /// <param name="clock">Of leases and ages.</param>
    /// <param name="logger">Told when a store goes away and comes back.</param>
    public Watches(
        DashboardSettings settings, Func<IElectionStore> open, TimeProvider clock, ILogger<Watches> logger)
    {
        _open = open;
        _watches = [.. settings.Elections.Select(e => new ElectionWatch(e, settings.Store.Kind, clock, Changed, logger))];
    }

    /// <summary>Beats when a picture has changed.</summary>
    public Pulse Changed { get; } = new();

    public IReadOnlyList<ElectionPicture> Pictures => [.. _watches.Select(w => w.Picture)];

    /// <summary>The newest picture of one of them.</summary>
    public ElectionPicture Of(string election) => _watches.Select(w => w.Picture).First(p => p.Election == election);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var store = _open();
        await Task.WhenAll(_watches.Select(w => w.RunAsync(store, stoppingToken)));
    }
}
