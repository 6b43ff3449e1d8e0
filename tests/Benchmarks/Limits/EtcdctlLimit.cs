using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Limits;

/// <summary>A hand-over through etcd as somebody outside sees it, beside etcd's own elector.</summary>
internal sealed class EtcdctlLimit : IPart
{
    public string Name => "etcdctl";

    public bool IsQuick => true;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(4 + run.Rounds * 0.35);

    public async Task MeasureAsync(Run run)
    {
        const string own = "etcd: SIGTERM-like order to next line, candidates";
        const string peer = "etcd: etcdctl elect, SIGINT to next";
        if (Etcdctl.Find() is not { } program)
        {
            run.CannotMeasure(peer, "etcdctl was not found on this machine: eng/servers.sh etcd sets it up");
            return;
        }

        var connection = (await run.Servers.EtcdAsync()).ConnectionString;
        await using var candidates = new Relay(StandProgram.Of("election", "etcd", connection)) { FromOutside = true };
        await using var etcdctl = new Etcdctl(program, connection);
        await Interleaved.ByTurnsAsync(run, run.Rounds, candidates, etcdctl);
        run.Add(etcdctl.ToFigure(peer));
        run.Add(candidates.ToFigure(own) with { Peer = peer, RatioLimit = 1.2 });
    }
}
