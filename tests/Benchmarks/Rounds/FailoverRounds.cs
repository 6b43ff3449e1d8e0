using AspireElection.Benchmarks.Report;
using System.Net.Http.Headers;
using System.Threading.Channels;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>
/// Real workers on a real server: the leader is killed or resigns, again and again, and the next
/// <c>BECAME LEADER</c> is waited for. A killed worker is started again before the next round.
/// </summary>
internal sealed class FailoverRounds(string store, IReadOnlyDictionary<string, string> environment, TimeSpan lease)
{
    private const string AdminToken = "benchmark-admin-token";
    private const int Workers = 3;
    private static readonly HttpClient Http = new();

    private readonly Channel<(DateTimeOffset At, string Text)> _events = Channel.CreateUnbounded<(DateTimeOffset, string)>();

    /// <summary>Milliseconds from the signal to the next leader's own line.</summary>
    public Task<IReadOnlyList<double>> KillAsync(int rounds) => RunAsync(rounds, leader =>
    {
        var at = DateTimeOffset.UtcNow;
        Signal.Send(leader.Id, Signal.Kill);
        return Task.FromResult(at);
    }, restart: true);

    /// <summary>Milliseconds from sending the request to resign to the next leader's own line.</summary>
    public Task<IReadOnlyList<double>> ResignAsync(int rounds) => RunAsync(rounds, async leader =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{leader.Address}/election/bench/resign");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
        var at = DateTimeOffset.UtcNow;
        using var answer = await Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return at;
    }, restart: false);

    private async Task<IReadOnlyList<double>> RunAsync(int rounds, Func<WorkerProcess, Task<DateTimeOffset>> end, bool restart)
    {
        var milliseconds = new List<double>();
        var workers = new List<WorkerProcess>();
        try
        {
            for (var i = 1; i <= Workers; i++)
                workers.Add(Start($"node-{i}"));
            foreach (var worker in workers)
                await worker.ListensAsync();
            var (_, leads) = await WorkerProcess.NextLeaderAsync(_events);
            for (var round = 0; round < rounds; round++)
            {
                await SettledAsync(workers);
                var leader = workers.Single(w => w.NodeId == leads);
                var endedAt = await end(leader);
                (var at, leads) = await WorkerProcess.NextLeaderAsync(_events);
                milliseconds.Add((at - endedAt).TotalMilliseconds);
                if (restart)
                {
                    leader.Dispose();
                    workers[workers.IndexOf(leader)] = Start(leader.NodeId);
                    await workers.Single(w => w.NodeId == leader.NodeId).ListensAsync();
                }

                Progress.Show($"{store}: round {round + 1} of {rounds}");
            }
        }
        finally
        {
            foreach (var worker in workers)
                worker.Dispose();
            Progress.Clear();
        }

        return milliseconds;
    }

    /// <summary>Others stand in line again, and the phase of the leader's renewals is a random one.</summary>
    private async Task SettledAsync(List<WorkerProcess> workers)
    {
        foreach (var worker in workers)
            await Http.GetStringAsync($"{worker.Address}/election");
        await Task.Delay(lease / 2 + lease * Random.Shared.NextDouble(), TimeProvider.System);
    }

    private WorkerProcess Start(string nodeId) => new(
        nodeId,
        _events,
        ["--store", store, "--lock-name", "bench", "--lease-duration", $"{(int)lease.TotalMilliseconds}ms"],
        new Dictionary<string, string>(environment) { ["ELECTION_ADMIN_TOKEN"] = AdminToken });
}
