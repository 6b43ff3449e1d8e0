using System.Diagnostics;
using System.Text.Json;

namespace AspireElection.Workers;

/// <summary>What workers answer of their members while one of them is killed.</summary>
public sealed class MembersTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>What a busy machine takes, and a heartbeat that was under way.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_killed_leader_is_never_a_second_one_and_goes_after_the_node_timeout()
    {
        using var folder = new LockFolder();
        using var http = new HttpClient();
        var workers = new List<WorkerProcess>();
        try
        {
            for (var number = 1; number <= 3; number++)
                workers.Add(new WorkerProcess($"--lock-dir \"{folder.Path}\" --node-id n{number} --lease-duration 1s --node-timeout 3s"));
            await WorkerInProcess.UntilAsync(
                async () => workers.TrueForAll(w => w.Address is not null) && (await Task.WhenAll(workers.Select(AskAsync)))
                    .All(a => a.GetProperty("members").GetArrayLength() == 3 && a.GetProperty("leader").ValueKind == JsonValueKind.Object),
                "each sees three and a leader");
            var dead = workers.Single(w => w.BecameLeader);
            var name = (await AskAsync(dead)).GetProperty("nodeId").GetString();
            workers.Remove(dead);
            // Before: its last heartbeat was not later than this.
            var silent = Stopwatch.StartNew();
            await dead.DisposeAsync();
            var alone = Stopwatch.StartNew();
            var goneAfter = new Dictionary<WorkerProcess, TimeSpan>();
            while (goneAfter.Count < workers.Count)
            {
                foreach (var worker in workers)
                {
                    var asked = alone.Elapsed;
                    var answer = await AskAsync(worker);
                    FitsTogether(answer);
                    if (answer.GetProperty("members").EnumerateArray().All(m => m.GetProperty("nodeId").GetString() != name))
                        goneAfter.TryAdd(worker, silent.Elapsed);
                    Assert.True(goneAfter.ContainsKey(worker) || asked < NodeTimeout + Lease + Lateness, $"{name} is still listed after {asked}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }

            // It may have been heard for the last time a lease before it was killed.
            Assert.All(goneAfter.Values, after => Assert.True(after > NodeTimeout - Lease, $"{name} was off the list after {after}"));
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }

        async Task<JsonElement> AskAsync(WorkerProcess worker)
        {
            using var answer = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri($"{worker.Address}/election")));
            return answer.RootElement[0].Clone();
        }
    }

    private static void FitsTogether(JsonElement answer)
    {
        var leader = answer.GetProperty("leader") is { ValueKind: JsonValueKind.Object } seen ? seen.GetProperty("nodeId").GetString() : null;
        var (self, leads) = (answer.GetProperty("nodeId").GetString(), answer.GetProperty("isLeader").GetBoolean());
        Assert.True(leads == (answer.GetProperty("role").GetString() == "leader") && leads == (leader == self), $"{answer}");
        foreach (var member in answer.GetProperty("members").EnumerateArray())
            Assert.True(member.GetProperty("role").GetString() == "leader" == (member.GetProperty("nodeId").GetString() == leader), $"{answer}");
    }
}
