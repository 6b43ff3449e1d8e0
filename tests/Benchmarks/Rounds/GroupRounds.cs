using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>The rounds of one group. A round that fails is counted, and the group is made anew.</summary>
/// <param name="series">What is done.</param>
/// <param name="rounds">How often by this group.</param>
/// <param name="tally">Where it goes.</param>
/// <param name="stage">Who measures milliseconds, or starts a process, asks for it.</param>
/// <param name="run">Of which it is a part.</param>
internal sealed class GroupRounds(Series series, int rounds, Tally tally, Stage stage, Run run)
{
    /// <summary>Then a group is given up: its store, or the machine, is not fit.</summary>
    private const int MostFailures = 5;

    /// <summary>
    /// What asking them has left to do is done, and the phase of what goes on in periods is a random one. Longer than the runtime
    /// waits before it compiles in the background what was called often.
    /// </summary>
    private static readonly TimeSpan Settles = TimeSpan.FromMilliseconds(110);

    private DateTimeOffset _endedAt;

    /// <param name="endsAt">No round begins later.</param>
    /// <param name="told">Called after each round.</param>
    public async Task MeasureAsync(DateTimeOffset endsAt, Action told)
    {
        var failures = 0;
        Group? group = null;
        using var place = await Place.OfAsync(series.Store, run.Servers);
        try
        {
            for (var round = 0; round < rounds && DateTimeOffset.UtcNow < endsAt; round++, told())
            {
                try
                {
                    group ??= await StartedAsync(place);
                    await OnceAsync(group);
                }
                catch (Exception failure) when (!run.Stop.IsCancellationRequested)
                {
                    tally.Fail(1);
                    run.Tell($"{series.Title}, {series.Ending}, {series.LeaseText}: a round failed: {failure.Message}");
                    if (group is not null)
                        await group.DisposeAsync();
                    group = null;
                    if (++failures == MostFailures)
                        return;
                }
            }
        }
        finally
        {
            if (group is not null)
                await group.DisposeAsync();
        }
    }

    private async Task<Group> StartedAsync(Place place)
    {
        using var turn = await stage.TogetherAsync(run.Stop);
        var group = new Group(place, series.Lease, series.Ending == Ending.CutOff, run.Stop);
        try
        {
            await group.StartAsync();
            if (series.IsAtOnce)
                await group.RestsAsync();
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    private async Task OnceAsync(Group group)
    {
        if (series.IsAtOnce)
            await AtOnceAsync(group);
        else if (series.Ending == Ending.CutOff)
            await CutOffAsync(group, await group.SettledAsync());
        else
            await KillAsync(group, await group.SettledAsync());
    }

    private async Task CutOffAsync(Group group, WorkerProcess leader)
    {
        await Task.Delay(series.Lease / 3 * Random.Shared.NextDouble(), TimeProvider.System, run.Stop);
        try
        {
            var (cut, stopped, next) = await group.CutOffAsync(leader);
            tally.Add(cut, stopped, next);
        }
        finally
        {
            group.Heal();
        }
    }

    /// <summary>The killed one starts again while its lease runs out, where that is long enough.</summary>
    private async Task KillAsync(Group group, WorkerProcess leader)
    {
        await Task.Delay(series.Lease / 3 * Random.Shared.NextDouble(), TimeProvider.System, run.Stop);
        var at = leader.Send(Signal.Kill);
        var restart = series.Lease >= Series.Middle ? RestartAsync(group, leader) : null;
        var next = await group.NextLeaderAsync(at);
        tally.Add(at, next);
        await (restart ?? RestartAsync(group, leader));
    }

    private async Task AtOnceAsync(Group group)
    {
        WorkerProcess leader;
        await HeldOffAsync();
        using (await stage.AloneAsync(run.Stop))
        {
            // Inside: even to be asked is something that happens beside others.
            leader = await group.SettledAsync();
            await Task.Delay(Settles * (1 + Random.Shared.NextDouble()), TimeProvider.System, run.Stop);
            _endedAt = series.Ending switch
            {
                Ending.Resign => await leader.OrderAsync("resign", run.Stop),
                Ending.Terminate => leader.Send(Signal.Terminate),
                _ => leader.Send(Signal.Kill),
            };
            tally.Add(_endedAt, await group.NextLeaderAsync(_endedAt));
            if (series.Ending == Ending.Terminate)
                await leader.EndAsync();
            // Who leads for the first time has a lot to compile: not beside the next round of another group.
            if (series.Ending != Ending.Resign)
                await group.RestsAsync(but: leader);
        }

        if (series.Ending == Ending.Resign)
            return;
        using var turn = await stage.TogetherAsync(run.Stop);
        await group.ReplaceAsync(leader);
    }

    /// <summary>Who has resigned stands back for a lease: with three workers, one is always free to follow at once.</summary>
    private async Task HeldOffAsync()
    {
        var pause = series.Ending == Ending.Resign ? _endedAt + series.Lease / 2 + TimeSpan.FromMilliseconds(100) - DateTimeOffset.UtcNow : TimeSpan.Zero;
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, TimeProvider.System, run.Stop);
    }

    private async Task RestartAsync(Group group, WorkerProcess killed)
    {
        using var turn = await stage.TogetherAsync(run.Stop);
        await group.StartAsync(killed.NodeId);
    }
}
