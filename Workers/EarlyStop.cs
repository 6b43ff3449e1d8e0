using System.Runtime.InteropServices;

namespace AspireElection.Workers;

/// <summary>
/// An order to stop that comes before the host listens to signals. The process would end with the signal's code, as if it had
/// died; it holds nothing yet, so it ends in order.
/// </summary>
internal sealed class EarlyStop : IHostedService, IDisposable
{
    private readonly PosixSignalRegistration[] _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, End),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, End),
    ];

    /// <summary>The host listens by now, and elections begin only when all is started: from here on a stop resigns first.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
    }

    private static void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        Environment.Exit(0);
    }
}
