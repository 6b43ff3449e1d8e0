using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Demos;

/// <summary>A worker of the file demo: this very program, started once more as a process of its own.</summary>
internal sealed class DemoWorker : IDisposable
{
    private const int Terminate = 15;

    private static readonly TimeSpan s_longestKill = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Task _read;
    private readonly DemoScreen _screen;
    private readonly int _number;
    private readonly TaskCompletionSource<DateTimeOffset> _led = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DateTimeOffset> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _knows = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DemoWorker(int number, ProcessStartInfo info, DemoScreen screen)
    {
        (_number, _screen) = (number, screen);
        _process = Process.Start(info)!;
        _read = Task.WhenAll(ShowAsync(_process.StandardOutput), ShowAsync(_process.StandardError));
    }

    public string Id => $"n{_number}";

    public int ProcessId => _process.Id;

    /// <summary>When it became leader, by its own event line.</summary>
    public Task<DateTimeOffset> Led => _led.Task;

    /// <summary>When its leadership ended, by its own event line.</summary>
    public Task<DateTimeOffset> Lost => _lost.Task;

    /// <summary>Ends when it leads, or knows who does.</summary>
    public Task Knows => _knows.Task;

    /// <summary>Starts worker <paramref name="number"/> (from 1) over files in <paramref name="folder"/>.</summary>
    public static DemoWorker Start(int number, string folder, DemoScreen screen)
    {
        var self = Environment.ProcessPath!;
        var info = new ProcessStartInfo(self) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
            info.ArgumentList.Add(typeof(DemoWorker).Assembly.Location);
        string[] flags = ["--store", "file", "--lock-dir", folder, "--node-id", $"n{number}", "--status-line", "true"];
        foreach (var flag in flags)
            info.ArgumentList.Add(flag);
        // What this terminal sets for other workers would change the story.
        foreach (var setting in SettingsTable.All)
            info.Environment.Remove(setting.Variable);
        return new DemoWorker(number, info, screen);
    }

    /// <summary>Asks for an orderly end, as service managers do; systems without such a signal end it at once.</summary>
    public void Stop()
    {
        if (_process.HasExited)
            return;
        if (OperatingSystem.IsWindows())
            _process.Kill();
        else
            _ = Kill(_process.Id, Terminate);
    }

    /// <summary>Its exit code, once it has ended and all of its lines are shown.</summary>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _read.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            // Its folder is removed next, and it may still be writing there.
            _process.WaitForExit(s_longestKill);
        }

        _process.Dispose();
    }

    private async Task ShowAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            _screen.Line(_number, line);
            if (line.Contains("BECAME LEADER", StringComparison.Ordinal))
                _led.TrySetResult(TimeOf(line));
            if (line.Contains("LOST LEADERSHIP", StringComparison.Ordinal))
                _lost.TrySetResult(TimeOf(line));
            if (line.Contains("LEADER ", StringComparison.Ordinal) && line.Contains("term=", StringComparison.Ordinal))
                _knows.TrySetResult();
        }
    }

    private static DateTimeOffset TimeOf(string line) =>
        DateTimeOffset.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
