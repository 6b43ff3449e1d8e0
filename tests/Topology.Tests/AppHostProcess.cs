using System.Collections.Concurrent;
using System.Diagnostics;

namespace AspireElection.Topology.Tests;

/// <summary>The AppHost as a process of its own, in the environment that `dotnet run` gives it.</summary>
internal sealed class AppHostProcess : IDisposable
{
    private const string MarkName = "TOPOLOGY_TEST";
    private readonly string mark = $"{MarkName}={Guid.NewGuid():N}";
    private readonly Process process;

    public AppHostProcess(IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Projects.AppHost).Assembly.Location, .. MachineServers.Prefer(args)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // As in the launch profile: without it Aspire's projects send their metrics once a minute.
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        // Aspire asks the package feed for a newer version of itself, by a process that carries the mark too.
        start.Environment["ASPIRE_VERSION_CHECK_DISABLED"] = "true";
        start.Environment[MarkName] = mark[(MarkName.Length + 1)..];
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => Lines.Enqueue(e.Data ?? "");
        process.ErrorDataReceived += (_, e) => Errors.Enqueue(e.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public ConcurrentQueue<string> Lines { get; } = [];

    public ConcurrentQueue<string> Errors { get; } = [];

    public int ExitCode => process.ExitCode;

    /// <summary>The folders of its own that are there.</summary>
    public string[] Folders => Directory.GetDirectories(Path.GetTempPath(), $"aspire-election-*-{process.Id}-*");

    public IReadOnlyList<int> Processes => LinuxProcess.With(mark);

    /// <summary>What follows <c>name: </c> on the line that the AppHost prints at column 0.</summary>
    public Task<string> AddressAsync(string name) =>
        Wait.UntilAsync<string>($"the line '{name}: …'", TimeSpan.FromSeconds(60), () => Task.FromResult((
            Lines.FirstOrDefault(l => l.StartsWith(name + ": http", StringComparison.Ordinal))?[(name.Length + 2)..],
            process.HasExited ? $"exited with {process.ExitCode}: {string.Join(' ', Errors)}" : string.Join('\n', Lines.TakeLast(3)))));

    public void Signal(string signal) => LinuxProcess.Signal(signal, process.Id);

    public async Task WaitForExitAsync(TimeSpan limit) => await process.WaitForExitAsync().WaitAsync(limit);

    public void Dispose()
    {
        LinuxProcess.Kill(Processes);
        process.Dispose();
    }
}
