using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Limits;

/// <summary>Two stands of one kind, each a process, that hand the seat to one another.</summary>
internal sealed class Relay(StandProgram program) : Contestant
{
    private StandProcess? _leads;
    private StandProcess? _waits;

    /// <summary>
    /// From the order written to the line read, as somebody outside measures it who cannot look at the stamps of the
    /// processes; else from before the call in one to the knowledge of the other that it leads.
    /// </summary>
    public bool FromOutside { get; init; }

    /// <summary>How often the seat goes to and fro before the first round: code that runs for the first time is slow.</summary>
    public int WarmUp { get; init; } = 8;

    protected override bool IsReady => _waits is not null;

    protected override async Task ReadyAsync()
    {
        if (_waits is not null)
        {
            await _waits.StandAsync();
            return;
        }

        (_leads, _waits) = (StandProcess.Start(program, "a"), StandProcess.Start(program, "b"));
        await _leads.ReadyAsync();
        await _waits.ReadyAsync();
        await _leads.StandAsync();
        await _leads.LeadsAsync();
        await _waits.StandAsync();
        for (var i = 0; i < WarmUp; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
            await RoundAsync();
            await _waits.StandAsync();
        }
    }

    protected override async Task<double> RoundAsync()
    {
        var resigning = await _leads!.ResignAsync();
        var leads = await _waits!.LeadsAsync();
        await _leads.ResignedAsync();
        // The machine stood still for longer than a lease, so that one led who was not told to: its line would be read in the place of the
        // next one's, in each round from here on.
        if (leads.At < resigning.At)
            throw new InvalidOperationException($"somebody led {(resigning.At - leads.At) / 1e6:0} ms before the other was told to resign");
        (_leads, _waits) = (_waits, _leads);
        return (FromOutside ? leads.HeardAt - resigning.OrderedAt : leads.At - resigning.At) / 1e6;
    }

    protected override async ValueTask ResetAsync()
    {
        var (leads, waits) = (_leads, _waits);
        (_leads, _waits) = (null, null);
        foreach (var process in (StandProcess?[])[leads, waits])
        {
            if (process is not null)
                await process.DisposeAsync();
        }
    }

    public override ValueTask DisposeAsync() => ResetAsync();
}
