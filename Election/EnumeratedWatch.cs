namespace AspireElection;

/// <summary>A watch whose store gives what it sees as a sequence.</summary>
internal sealed class EnumeratedWatch(ObservedSeat seat, Func<string, CancellationToken, IAsyncEnumerable<Sighting>> watch) : ISeatWatch
{
    private Sighting? _newest;

    public Sighting? Newest => Volatile.Read(ref _newest);

    private CancellationTokenSource Ending { get; } = new();

    public void Begin() => _ = RunAsync();

    public void End() => Ending.Cancel();

    private async Task RunAsync()
    {
        Exception? end = null;
        try
        {
            await foreach (var sighting in watch(seat.Election, Ending.Token))
            {
                Volatile.Write(ref _newest, sighting);
                seat.Tell();
            }
        }
        catch (Exception exception)
        {
            // Whatever ended the watch is told to its observers, who observe anew.
            end = exception;
        }

        seat.End(end);
    }
}
