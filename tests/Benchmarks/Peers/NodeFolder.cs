using System.Diagnostics;
using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Peers;

/// <summary>Where what comes from npm is installed beside the scripts that use it: <c>artifacts/peers</c>.</summary>
internal sealed class NodeFolder
{
    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(4);

    private readonly string _path;

    private NodeFolder(string path) => _path = path;

    /// <summary>Installs what is missing.</summary>
    /// <returns>The folder, or why there is none.</returns>
    public static async Task<(NodeFolder? Folder, string Why)> PrepareAsync(CancellationToken stop)
    {
        using var install = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Folders.Root, "eng", "peers.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var bound = new CancellationTokenSource(s_bound);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, bound.Token);
        try
        {
            var output = install.StandardOutput.ReadToEndAsync(either.Token);
            var errors = await install.StandardError.ReadToEndAsync(either.Token);
            await output;
            await install.WaitForExitAsync(either.Token);
            var why = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "eng/peers.sh failed";
            return install.ExitCode == 0 ? (new NodeFolder(Path.Combine(Folders.Root, "artifacts", "peers")), string.Empty) : (null, why);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, "eng/peers.sh took longer than 4 minutes");
        }
        finally
        {
            if (!install.HasExited)
                install.Kill(entireProcessTree: true);
        }
    }

    public StandProgram Program(string script, string connection) => new(script, "node", [Path.Combine(_path, script)], connection);
}
