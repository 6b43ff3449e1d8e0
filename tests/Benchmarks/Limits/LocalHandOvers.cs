using AspireElection.AppHost.Servers;
using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Limits;

/// <summary>Hand-overs of two candidates where there is no server: in a folder, and among three peers of which two stand.</summary>
internal sealed class LocalHandOvers : IPart
{
    public string Name => "local-hand-over";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(8 + run.Rounds * 0.4);

    public async Task MeasureAsync(Run run)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var peers = string.Join(';', ((string[])["a", "b", "voter"]).Select(p => $"{p}=http://127.0.0.1:{LoopbackPort.Free()}"));
            var connection = $"{Path.Combine(folder, "quorum")};{peers}";
            await using var voter = StandProcess.Start(StandProgram.Of("voter", "quorum", connection), "voter");
            await voter.ReadyAsync();
            await voter.StandAsync();
            await using var quorum = new Relay(StandProgram.Of("election", "quorum", connection));
            await using var file = new Relay(StandProgram.Of("election", "file", folder));
            await Interleaved.ByTurnsAsync(run, run.Rounds, file, quorum);
            run.Add(file.ToFigure("file: hand-over of two candidates"));
            run.Add(quorum.ToFigure("quorum: hand-over of two candidates of three peers"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
