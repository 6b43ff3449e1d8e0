using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Offline;

/// <summary>Finds dcp and the dashboard, which come with the Aspire CLI; installs the CLI once per user where it is missing.</summary>
internal static class Bundle
{
    private const string Version = "13.5.4";

    public static string PrivateHome => Directory.CreateDirectory(Path.Combine(Cache, "home")).FullName;

    public static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string Cache => Path.Combine(Home, ".cache", "aspire-election", "aspire-cli");

    private static string Package => $"@microsoft/aspire-cli-{Platform}";

    private static string Installed => Path.Combine(Cache, "node_modules", "@microsoft", $"aspire-cli-{Platform}");

    private static string Platform =>
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "-arm64" : "-x64");

    private static string Npm => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    private static string Suffix => OperatingSystem.IsWindows() ? ".exe" : "";

    public static async Task<(string Dcp, string Dashboard)> FindAsync(CancellationToken cancellationToken)
    {
        if (Find() is { } found) return found;

        Directory.CreateDirectory(Cache);
        await using (await LockAsync(cancellationToken))
        {
            // The holder before us may have been another run that installed the very same.
            if (Find() is { } installedMeanwhile) return installedMeanwhile;

            Console.WriteLine($"Installing {Package} {Version} into {Cache} (once; dcp and the dashboard, 130 MB) ...");
            await RunAsync(Npm, ["install", "--prefix", Cache, "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error", $"{Package}@{Version}"], cancellationToken);
            Console.WriteLine("Unpacking the Developer Control Plane and the dashboard (once) ...");
            await RunAsync(Path.Combine(Installed, "bin", "aspire" + Suffix), ["setup", "--non-interactive", "--nologo"], cancellationToken);
        }

        return Find() ?? throw Missing("it was installed, but brought neither dcp nor aspire-managed");
    }

    private static (string Dcp, string Dashboard)? Find()
    {
        string[] bundles = [Path.Combine(Home, ".aspire", "bundle"), Path.Combine(Installed, "bundle")];
        var dcp = First("dcp", [Environment.GetEnvironmentVariable("ASPIRE_DCP_PATH"), .. bundles.Select(b => Path.Combine(b, "dcp"))]);
        var dashboard = First(
            "aspire-managed",
            [Environment.GetEnvironmentVariable("ASPIRE_DASHBOARD_PATH"), .. bundles.Select(b => Path.Combine(b, "managed"))]);
        return dcp is not null && dashboard is not null ? (dcp, dashboard) : null;
    }

    private static string? First(string program, string?[] places) =>
        places.OfType<string>().Where(p => p.Length > 0)
            .SelectMany(p => new[] { Path.Combine(p, program + Suffix), p })
            .FirstOrDefault(File.Exists);

    private static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(
                    // The same file as in eng/aspire-bundle.sh, and the same kind of lock.
                    Path.Combine(Path.GetDirectoryName(Cache)!, "setup.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
            }
            catch (IOException)
            {
                // Another run installs at this moment; its work is ours too.
                await Task.Delay(250, cancellationToken);
            }
        }
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "1";
        if (program != Npm)
        {
            // The CLI would write caches and logs into the user's home.
            start.Environment["HOME"] = PrivateHome;
        }

        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw Missing($"{program} ended with {process.ExitCode}: {LastLine(await error + await output)}");
            }
        }
        catch (Win32Exception e)
        {
            throw Missing($"{program} does not start ({e.Message})");
        }
    }

    private static string LastLine(string text) => text.Trim().Split('\n')[^1].Trim();

    private static DistributedApplicationException Missing(string why) => new(
        $"dcp and the Aspire dashboard are missing: {why}. Install npm and run: "
        + $"npm install --prefix \"{Cache}\" {Package}@{Version} && \"{Path.Combine(Installed, "bin", "aspire")}\" setup");
}
