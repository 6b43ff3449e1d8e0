using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Limits;

/// <summary>
/// A stand that stays and waits, and a new one for each round, which leads and is killed. So who is measured is as warm as
/// a service that has run for a while, whoever was killed.
/// </summary>
/// <param name="waiting">Who waits.</param>
/// <param name="killed">Who is killed; by default one like the other.</param>
internal sealed class Kills(StandProgram waiting, StandProgram? killed = null) : Contestant
{
    private StandProcess? _stays;
    private StandProcess? _leads;

    /// <summary>From the signal to the line read, for who does not stamp by the clock of all; else to its own stamp.</summary>
    public bool FromOutside { get; init; }

    /// <summary>How often the seat goes to and fro before the first round: code that runs for the first time is slow.</summary>
    public int WarmUp { get; init; } = 8;

    protected override bool IsReady => _stays is not null && _leads is not null;

    protected override async Task ReadyAsync()
    {
        var next = StandProcess.Start(killed ?? waiting, "b");
        try
        {
            if (_stays is null)
            {
                _stays = StandProcess.Start(waiting, "a");
                await _stays.ReadyAsync();
                await _stays.StandAsync();
                await _stays.LeadsAsync();
                await next.ReadyAsync();
                for (var i = 0; i < WarmUp; i++)
                {
                    await HandOverAsync(_stays, next);
                    await HandOverAsync(next, _stays);
                }
            }
            else
            {
                await next.ReadyAsync();
            }

            await HandOverAsync(_stays, next);
            // From here on it waits for the end of the other.
            await _stays.StandAsync();
            _leads = next;
        }
        finally
        {
            if (_leads is null)
                await next.DisposeAsync();
        }
    }

    protected override async Task<double> RoundAsync()
    {
        await using var victim = _leads!;
        _leads = null;
        var at = victim.Kill();
        var leads = await _stays!.LeadsAsync();
        return ((FromOutside ? leads.HeardAt : leads.At) - at) / 1e6;
    }

    protected override async ValueTask ResetAsync()
    {
        var (stays, leads) = (_stays, _leads);
        (_stays, _leads) = (null, null);
        foreach (var process in (StandProcess?[])[stays, leads])
        {
            if (process is not null)
                await process.DisposeAsync();
        }
    }

    public override ValueTask DisposeAsync() => ResetAsync();

    private static async Task HandOverAsync(StandProcess from, StandProcess to)
    {
        await to.StandAsync();
        await from.ResignAsync();
        await to.LeadsAsync();
        await from.ResignedAsync();
    }
}
