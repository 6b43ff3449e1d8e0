namespace AspireElection;

/// <summary>A watch whose store gives what it sees as a sequence.</summary>
internal sealed class EnumeratedWatch(ObservedSeat seat, Func<string, CancellationToken, IAsyncEnumerable<Sighting>> watch) : ISeatWatch
{
    private CancellationTokenSource Ending { get; } = new();

    public void Begin() => _ = RunAsync();

    public void End() => Ending.Cancel();

    private async Task RunAsync()
    {
        Exception? end = null;
        try
        {
            await foreach (var sighting in watch(seat.Election, Ending.Token))
                seat.Tell(sighting);
        }
        catch (Exception exception)
        {
            // Whatever ended the watch is told to its observers, who observe anew.
            end = exception;
        }

        seat.End(end);
    }
}
