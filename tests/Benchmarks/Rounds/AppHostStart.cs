using System.Diagnostics;
using System.Globalization;
using AspireElection.Benchmarks.Report;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>From <c>dotnet run --project AppHost</c>, already built, to the first leader as its shared address tells it.</summary>
internal sealed class AppHostStart : IPart
{
    private const int MostRounds = 5;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    /// <summary>The folder of the outputs is called after it.</summary>
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;

    public string Name => "apphost";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(12 * Math.Min(run.Rounds, MostRounds));

    public async Task MeasureAsync(Run run)
    {
        var (seconds, failed, rounds) = (new List<double>(), 0, Math.Min(run.Rounds, MostRounds));
        while (seconds.Count + failed < rounds)
        {
            Progress.Show(seconds.Count + failed, rounds);
            try
            {
                seconds.Add(await OnceAsync(run.Stop));
            }
            catch (Exception failure) when (!run.Stop.IsCancellationRequested)
            {
                failed++;
                run.Tell($"a start failed: {failure.Message}");
            }
        }

        run.Add(new Figure("AppHost: start to first leader", "s", seconds) { Failed = failed, Limit = 8 });
    }

    private static async Task<double> OnceAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(StartLimit);
        var startedAt = Stopwatch.GetTimestamp();
        using var process = Process.Start(StartInfo())!;
        try
        {
            var address = await WorkerAddressAsync(process, limit.Token);
            using var http = new HttpClient();
            while (!await HasLeaderAsync(http, address, limit.Token))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            return Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"no leader within {StartLimit.TotalSeconds:0} s");
        }
        finally
        {
            await EndAsync(process);
        }
    }

    /// <summary>Aspire ends an AppHost whose starter is gone: so a run that is killed leaves none behind.</summary>
    private static ProcessStartInfo StartInfo() => new(
        "dotnet", ["run", "--no-build", "--configuration", Configuration, "--project", Path.Combine(Folders.Root, "AppHost")])
    {
        RedirectStandardOutput = true,
        Environment = { ["ASPIRE_CLI_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) },
    };

    private static async Task EndAsync(Process process)
    {
        Signal.Send(process.Id, Signal.Terminate);
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            // What it prints while it stops must be read, or it would wait for a reader.
            await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    private static async Task<string> WorkerAddressAsync(Process process, CancellationToken limit)
    {
        while (await process.StandardOutput.ReadLineAsync(limit) is { } line)
        {
            if (line.StartsWith("worker: http", StringComparison.Ordinal))
                return line["worker: ".Length..].Split(' ')[0];
        }

        throw new InvalidOperationException("the AppHost ended before it printed the workers' address");
    }

    private static async Task<bool> HasLeaderAsync(HttpClient http, string address, CancellationToken limit)
    {
        try
        {
            var page = await http.GetStringAsync(address, limit);
            return page.Contains("I am the leader", StringComparison.Ordinal) || page.Contains("the leader is", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false; // no replica listens yet
        }
    }
}
