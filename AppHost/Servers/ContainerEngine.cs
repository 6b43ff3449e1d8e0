using System.ComponentModel;
using System.Diagnostics;

namespace AspireElection.AppHost.Servers;

/// <summary>Asks whether a container engine answers; a client in PATH is no engine.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);

    /// <returns>The name of the engine that answers, or null.</returns>
    public static async Task<string?> FindAsync(CancellationToken cancellation = default)
    {
        Task<bool> docker = AnswersAsync("docker", cancellation);
        Task<bool> podman = AnswersAsync("podman", cancellation);
        return await docker ? "docker" : await podman ? "podman" : null;
    }

    private static async Task<bool> AnswersAsync(string client, CancellationToken cancellation)
    {
        var info = new ProcessStartInfo(client, "info") { RedirectStandardOutput = true, RedirectStandardError = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_limit);
        try
        {
            using Process process = Process.Start(info)!;
            try
            {
                // A full pipe would stop the client before it exits.
                Task output = process.StandardOutput.ReadToEndAsync(limit.Token);
                Task errors = process.StandardError.ReadToEndAsync(limit.Token);
                await Task.WhenAll(output, errors, process.WaitForExitAsync(limit.Token));
                return process.ExitCode == 0;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return false;
            }
        }
        catch (Win32Exception)
        {
            return false; // no such client
        }
    }
}
