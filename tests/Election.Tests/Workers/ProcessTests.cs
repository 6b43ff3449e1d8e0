using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AspireElection.Workers;

/// <summary>Workers as processes: flags, exit codes, signals.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Three_workers_elect_one_leader_and_a_stopped_one_hands_over_at_once()
    {
        using var folder = new LockFolder();
        var workers = Enumerable.Range(1, 3)
            .Select(n => new WorkerProcess($"--lock-dir \"{folder.Path}\" --node-id n{n} --lease-duration 15s"))
            .ToList();
        try
        {
            await WorkerInProcess.UntilAsync(
                () => Task.FromResult(workers.Count(w => w.BecameLeader) == 1 && workers.Count(Knows) == 2), "one leads and two know it");
            var leader = workers.Single(w => w.BecameLeader);
            leader.Stop();
            var stopwatch = Stopwatch.StartNew();
            Assert.Equal(0, await leader.EndAsync());
            await WorkerInProcess.UntilAsync(() => Task.FromResult(workers.Count(w => w.BecameLeader) == 2), "another leads");
            Assert.True(stopwatch.Elapsed < TimeSpan.FromSeconds(6), $"It took {stopwatch.Elapsed}, as if the lease had to end.");
            Assert.EndsWith("reason=stopped", leader.Output.Single(l => l.Contains("LOST LEADERSHIP", StringComparison.Ordinal)), StringComparison.Ordinal);
            Assert.Empty(leader.Errors);
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }

        static bool Knows(WorkerProcess worker) => worker.Output.Any(l => l.Contains("NEW LEADER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_settings_end_with_2_and_a_line_each()
    {
        await using var worker = new WorkerProcess("--store floppy --bogus 3", "NODE_PRIORITY=high");
        Assert.Equal(2, await worker.EndAsync());
        Assert.Empty(worker.Output);
        Assert.Equal(3, worker.Errors.Count);
        Assert.StartsWith("--bogus is no flag; allowed: ", worker.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith("NODE_PRIORITY is 'high'; allowed: ", worker.Errors[1], StringComparison.Ordinal);
        Assert.Equal("--store is 'floppy'; allowed in this version: redis, postgres, etcd, file, quorum, memory", worker.Errors[2]);
    }

    [Fact]
    public async Task Help_ends_with_0()
    {
        await using var worker = new WorkerProcess("--help");
        Assert.Equal(0, await worker.EndAsync());
        Assert.Contains(worker.Output, l => l.Contains("--lease-duration", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_no_stack_trace()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var worker = new WorkerProcess($"--store memory --port {port}");
        Assert.Equal(1, await worker.EndAsync());
        Assert.StartsWith($"--port: cannot listen on http://127.0.0.1:{port}: ", Assert.Single(worker.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_takes_none_of_the_few_file_watchers_that_a_system_has()
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using var worker = new WorkerProcess("--store memory --node-id n1");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(worker.BecameLeader), "it leads");
        var open = new DirectoryInfo($"/proc/{worker.Id}/fd").EnumerateFiles().Select(f => f.LinkTarget ?? string.Empty).ToList();
        Assert.Contains(open, target => target.StartsWith("socket:", StringComparison.Ordinal));
        Assert.DoesNotContain("anon_inode:inotify", open);
    }

    [Fact]
    public async Task A_worker_that_is_stopped_before_its_host_has_started_ends_in_order()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var folder = new LockFolder();
        var flags = $"--store quorum --peers a=http://127.0.0.1:{FreePorts.Next()} --data-dir \"{folder.Path}\"";
        await using var first = new WorkerProcess(flags, "ELECTION_CLUSTER_KEY=a key of sixteen characters");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(first.Address is not null), "it has the only peer");
        // It waits some seconds for a peer to be free, long before its host starts.
        await using var second = new WorkerProcess(flags, "ELECTION_CLUSTER_KEY=a key of sixteen characters");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(HearsSignals(second)), "its runtime hears signals");
        second.Stop();
        Assert.Equal(0, await second.EndAsync());
        Assert.Empty(second.Errors);

        static bool HearsSignals(WorkerProcess worker) => Directory.GetDirectories($"/proc/{worker.Id}/task").Any(thread =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(thread, "comm")).StartsWith(".NET SigHandler", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                // It ended meanwhile.
                return false;
            }
        });
    }

    [Theory]
    // With standard input closed as well the numbers are those of a pipe of the runtime's, that of output its writable end.
    [InlineData(">&-")]
    [InlineData("<&- >&-")]
    [InlineData("<&- >&- 2>&-")]
    public async Task A_worker_whose_output_is_closed_leads_and_ends_as_any_other(string closed)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var port = FreePorts.Next();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await using (var worker = Start($"--store memory --port {port}"))
        {
            await WorkerInProcess.UntilAsync(LeadsAsync, "it leads");
            worker.Stop();
            Assert.Equal(0, await worker.EndAsync());
            Assert.Empty(worker.Errors);
        }

        await using var wrong = Start("--store floppy");
        Assert.Equal(2, await wrong.EndAsync());
        await using var help = Start("--help");
        Assert.Equal(0, await help.EndAsync());

        WorkerProcess Start(string flags) => new(new ProcessStartInfo(
            "/bin/sh", ["-c", $"exec dotnet \"{Path.Combine(AppContext.BaseDirectory, "Workers.dll")}\" {flags} {closed}"]), []);

        async Task<bool> LeadsAsync()
        {
            try
            {
                using var answer = await http.GetAsync("/leader");
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                return false;
            }
        }
    }

    [Fact]
    public async Task The_first_answer_of_a_process_is_as_quick_as_is_promised()
    {
        using var http = new HttpClient();
        var took = new List<TimeSpan>();
        // The first one is for this process's own compiler; of the others the best, because a busy machine is not the worker's fault.
        for (var worker = 0; worker < 4; worker++)
        {
            await using var started = new WorkerProcess($"--store memory --node-id n{worker}");
            await WorkerInProcess.UntilAsync(() => Task.FromResult(started.Address is not null), "it listens");
            var stopwatch = Stopwatch.StartNew();
            await http.GetStringAsync(new Uri($"{started.Address}/election"));
            took.Add(stopwatch.Elapsed);
        }

        Assert.True(took.Skip(1).Min() < TimeSpan.FromMilliseconds(100), $"The first answers took {string.Join(", ", took)}.");
    }

    [Fact]
    public async Task A_telemetry_endpoint_that_hangs_does_not_hold_up_the_end()
    {
        // It takes connections and never answers.
        using var hung = new TcpListener(IPAddress.Loopback, 0);
        hung.Start();
        await using var worker = new WorkerProcess(
            "--store memory --node-id n1",
            $"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{((IPEndPoint)hung.LocalEndpoint).Port}",
            "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY=in_memory");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(worker.BecameLeader), "it leads");
        var stopwatch = Stopwatch.StartNew();
        worker.Stop();
        Assert.Equal(0, await worker.EndAsync());
        Assert.True(stopwatch.Elapsed < TimeSpan.FromSeconds(5), $"It took {stopwatch.Elapsed}.");
    }
}
