using System.Diagnostics;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>From <c>dotnet run --project AppHost</c>, already built, to the first leader as its shared address tells it.</summary>
internal sealed class AppHostStart : IPart
{
    private const int Rounds = 5;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public string Name => "apphost";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(10 * Math.Min(run.Rounds, Rounds));

    public async Task MeasureAsync(Run run) => run.Add(await MeasureAsync(Math.Min(run.Rounds, Rounds)));

    private static async Task<Figure> MeasureAsync(int rounds)
    {
        var seconds = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            seconds.Add(await OnceAsync());
            Progress.Show($"AppHost: round {round + 1} of {rounds}");
        }

        Progress.Clear();
        return new Figure("AppHost: start to first leader", "s", seconds) { Limit = 8 };
    }

    private static async Task<double> OnceAsync()
    {
        var startedAt = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo("dotnet", ["run", "--no-build", "--project", Path.Combine(Root(), "AppHost")])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            using var limit = new CancellationTokenSource(Bound);
            var address = await WorkerAddressAsync(process, limit.Token);
            using var http = new HttpClient();
            while (!await HasLeaderAsync(http, address, limit.Token))
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            return Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        }
        finally
        {
            Stores.Tests.Servers.Signal.Send(process.Id, Stores.Tests.Servers.Signal.Terminate);
            await process.WaitForExitAsync();
        }
    }

    private static async Task<string> WorkerAddressAsync(Process process, CancellationToken limit)
    {
        while (await process.StandardOutput.ReadLineAsync(limit) is { } line)
        {
            if (line.StartsWith("worker: http", StringComparison.Ordinal))
                return line["worker: ".Length..].Split(' ')[0];
        }

        throw new InvalidOperationException("The AppHost ended before it printed the workers' address.");
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

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AspireElection.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("AspireElection.sln was not found above the benchmark's own folder.");
    }
}
