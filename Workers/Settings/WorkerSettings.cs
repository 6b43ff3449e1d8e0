using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Workers.Settings;

/// <summary>What a worker was told, checked. No record: the text of one would show the token that opens the drills.</summary>
internal sealed class WorkerSettings
{
    public required StoreChoice Store { get; init; }

    public required string LockName { get; init; }

    /// <summary>How the node takes part, checked.</summary>
    public required ElectionOptions Election { get; init; }

    /// <summary>The lease duration in the user's words, for the line that says that a server does not take it.</summary>
    public required string LeaseDurationAsGiven { get; init; }

    public TimeSpan NodeTimeout => Election.NodeTimeout ?? Election.LeaseDuration * 3;

    public required bool StatusLine { get; init; }

    /// <summary>Whether somebody sees colours: at a terminal, unless NO_COLOR is set.</summary>
    public required bool Colours { get; init; }

    /// <summary>Where HTTP is to listen, <c>;</c> separated; a port 0 is chosen by the system.</summary>
    public required string Urls { get; set; }

    /// <summary>The setting that said so, for the line that says that the port is taken.</summary>
    public required string UrlsSource { get; init; }

    /// <summary>With the quorum store; else null.</summary>
    public QuorumSettings? Quorum { get; init; }

    /// <summary>With the quorum store and no name: this process is to take a free peer of this host.</summary>
    public bool ClaimsPeer { get; init; }

    /// <summary>Whether somebody said where to listen.</summary>
    public bool UrlsGiven { get; init; }

    /// <summary>Opens the drills; null: there are none.</summary>
    public string? AdminToken { get; init; }

    /// <summary>Tells the library what the worker was told.</summary>
    public void ApplyTo(ElectionOptions options)
    {
        options.NodeId = Election.NodeId;
        options.InstanceId = Election.InstanceId;
        options.Priority = Election.Priority;
        options.LeaseDuration = Election.LeaseDuration;
        options.RenewPeriod = Election.RenewPeriod;
        options.Margin = Election.Margin;
        options.DrainLimit = Election.DrainLimit;
        options.RetryPeriod = Election.RetryPeriod;
        options.NodeTimeout = Election.NodeTimeout;
        options.Observer = Election.Observer;
    }
}
