using AspireElection.Benchmarks.Rounds;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Limits;

/// <summary>
/// Three whole workers, of which the one that leads is killed; before each round another has taken the place of the last one. Whoever
/// follows it leads for the first time.
/// </summary>
internal sealed class WorkerKills(string store, TimeSpan lease, Run run) : Contestant
{
    private Place? _place;
    private Group? _group;
    private WorkerProcess? _leader;
    private WorkerProcess? _killed;

    protected override bool IsReady => _leader is not null;

    protected override async Task ReadyAsync()
    {
        _place ??= await Place.OfAsync(store, run.Servers);
        if (_group is null)
        {
            _group = new Group(_place, lease, withLines: false, run.Stop);
            await _group.StartAsync();
            await _group.RestsAsync();
        }
        else if (_killed is not null)
        {
            await _group.ReplaceAsync(_killed);
        }

        _killed = null;
        _leader = await _group.SettledAsync();
    }

    protected override async Task<double> RoundAsync()
    {
        (_killed, _leader) = (_leader, null);
        var at = _killed!.Send(Signal.Kill);
        var next = await _group!.NextLeaderAsync(at);
        // Who leads for the first time has a lot to compile: not beside the next of the turns.
        await _group.RestsAsync(but: _killed);
        return (next - at).TotalMilliseconds;
    }

    protected override async ValueTask ResetAsync()
    {
        var group = _group;
        (_group, _leader, _killed) = (null, null, null);
        if (group is not null)
            await group.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await ResetAsync();
        _place?.Dispose();
    }
}
