using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Stores;

/// <summary>
/// Ends a worker whose settings only its server could refuse, as it would have ended at its start: it would stand for ever, and
/// say so in its log alone.
/// </summary>
internal sealed class WrongForServer(WorkerSettings settings, IHostApplicationLifetime lifetime)
{
    private volatile string? _line;

    /// <summary>The setting, its value and what the server takes; null while it takes all.</summary>
    public string? Line => _line;

    public void Refused(StoreUnavailableException refusal)
    {
        if (!refusal.LeaseIsTooShort)
            return;
        _line = $"{settings.LeaseDurationAsGiven}: {refusal.Message}";
        lifetime.StopApplication();
    }
}
