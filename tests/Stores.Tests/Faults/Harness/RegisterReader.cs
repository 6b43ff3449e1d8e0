namespace AspireElection.Faults.Harness;

/// <summary>Reads the fenced register for as long as it lives.</summary>
internal sealed class RegisterReader : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(100);

    private readonly Ground _ground;
    private readonly Recording _recording;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _reading;

    public RegisterReader(Ground ground, Recording recording)
    {
        _ground = ground;
        _recording = recording;
        _reading = ReadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reading;
        _ending.Dispose();
    }

    private async Task ReadAsync()
    {
        // A log is read as a whole: its tokens are compared among each other, and its first with nothing.
        var isLog = _ground.Store is "file" or "quorum";
        while (!_ending.IsCancellationRequested)
        {
            var pause = isLog ? Pause * 5 : Pause;
            try
            {
                var tokens = await _ground.ReadRegisterAsync();
                if (isLog)
                    Compare(tokens);
                foreach (var token in isLog ? tokens.TakeLast(1) : tokens)
                    _recording.Wrote(RunClock.Now, token);
            }
            catch (Exception exception) when (_ground.IsAway(exception))
            {
                pause = PauseAfterError;
            }

            await Task.Delay(pause);
        }
    }

    private void Compare(IReadOnlyList<long> tokens)
    {
        for (var i = 1; i < tokens.Count; i++)
        {
            if (tokens[i] < tokens[i - 1])
                _recording.Found(RunClock.Now, $"the register holds token {tokens[i]} after {tokens[i - 1]}");
        }
    }
}
