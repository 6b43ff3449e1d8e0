using System.Diagnostics;
using System.Text.RegularExpressions;
using AspireElection.Workers.Demos;

namespace AspireElection.Workers;

/// <summary>The demos, as a user sees them: every line that is promised, exit code 0, and nothing left behind.</summary>
public sealed partial class DemoTests
{
    [Fact]
    public async Task Three_workers_elect_through_files_and_one_takes_over_from_a_leader_that_is_stopped()
    {
        using var temporary = new LockFolder();
        // What a user has set for other workers does not disturb the demo.
        await using var demo = new WorkerProcess("demo", $"TMPDIR={temporary.Path}", "PORT=1", "NODE_PRIORITY=high", "RENEW_PERIOD=1h");
        Assert.Equal(0, await demo.EndAsync());
        var lines = demo.Output;
        Assert.Empty(demo.Errors);
        Assert.All(lines, l => Assert.DoesNotContain('\e', l));
        Assert.All(lines, l => Assert.Matches(@"^(▶|n[123] │) ", l));
        Assert.All(["n1", "n2", "n3"], n => Assert.Contains(lines, l => l.StartsWith($"{n} │", StringComparison.Ordinal) && l.Contains('✅')));

        var stopped = Index(lines, "SIGTERM to process");
        var first = Node().Match(lines[stopped]).Value;
        Assert.Contains(lines.Take(stopped), l => l.Contains($"👑 [{first}] Status: LEADER", StringComparison.Ordinal));
        Assert.Contains(lines.Take(stopped), l => l.Contains("👥", StringComparison.Ordinal));
        Assert.Contains(lines.Skip(stopped), l => l.Contains($"[{first}] LOST LEADERSHIP", StringComparison.Ordinal) && l.EndsWith("reason=stopped", StringComparison.Ordinal));
        var takeover = lines[Index(lines, "has taken over")];
        var next = Node().Match(takeover).Value;
        Assert.NotEqual(first, next);
        Assert.Matches(@"over [0-9.]+ ms after the signal, [0-9.]+ ms after", takeover);
        Assert.Contains(lines.Skip(stopped), l => l.Contains($"👑 [{next}] Status: LEADER", StringComparison.Ordinal));
        Assert.Equal("▶ All have ended in order, and their folder is removed.", lines[^1]);
        Assert.Empty(Directory.GetDirectories(temporary.Path, "election-demo-*"));
    }

    [Fact]
    public async Task A_demo_that_is_interrupted_ends_its_workers()
    {
        using var temporary = new LockFolder();
        await using var demo = new WorkerProcess("demo", $"TMPDIR={temporary.Path}");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(Speak(demo) == 3), "three workers speak");
        var folder = Assert.Single(Directory.GetDirectories(temporary.Path, "election-demo-*"));
        demo.Stop();
        Assert.Equal(0, await demo.EndAsync());
        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain(Process.GetProcesses(), p => CommandLine(p.Id).Contains(folder, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Five_nodes_of_one_process_beat_acknowledge_and_take_over()
    {
        await using var demo = new WorkerProcess("demo fanout");
        Assert.Equal(0, await demo.EndAsync());
        var lines = demo.Output;
        Assert.Empty(demo.Errors);
        Assert.All(lines, l => Assert.Matches(@"^(▶|n[1-5] │) ", l));
        Assert.Equal(3, lines.Count(l => l.Contains("🎉 leads, term=", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l.EndsWith("acknowledged by 4 of 4", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.EndsWith("acknowledged by 3 of 3", StringComparison.Ordinal));
        Assert.True(Index(lines, "stops.") < Index(lines, "leads no more: Stopped"));
        Assert.True(Index(lines, "falls silent") < Index(lines, "stand ready for a new election"));
        Assert.Contains(lines, l => l.Contains("leads no more: Expired", StringComparison.Ordinal));
        Assert.Matches(@"lost [1-9][0-9]* announcements", lines[Index(lines, "A listener that read nothing")]);
    }

    [Fact]
    public async Task A_demo_that_is_none_is_a_wrong_value_and_help_lists_those_that_are()
    {
        await using var wrong = new WorkerProcess("demo tricks");
        Assert.Equal(2, await wrong.EndAsync());
        Assert.StartsWith("tricks is no demo; there are:", wrong.Errors[0], StringComparison.Ordinal);
        await using var help = new WorkerProcess("demo --help");
        Assert.Equal(0, await help.EndAsync());
        Assert.Equal(Demo.HelpText().TrimEnd().Split('\n'), help.Output);
    }

    [Fact]
    public async Task The_command_of_the_readme_says_what_comes()
    {
        await using var help = new WorkerProcess(new ProcessStartInfo(Path.Combine(Tests.Mistakes.SourceFolder.Root, "run"), "demo --help"), []);
        Assert.Equal(0, await help.EndAsync());
        Assert.Equal(Demo.HelpText().TrimEnd().Split('\n'), help.Output);
    }

    private static int Index(IReadOnlyList<string> lines, string text)
    {
        var index = lines.ToList().FindIndex(l => l.Contains(text, StringComparison.Ordinal));
        Assert.True(index >= 0, $"'{text}' is in no line of:\n{string.Join('\n', lines)}");
        return index;
    }

    private static int Speak(WorkerProcess demo) =>
        demo.Output.Select(l => Worker().Match(l)).Where(m => m.Success).Select(m => m.Value).Distinct().Count();

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is somebody else's.
            return string.Empty;
        }
    }

    [GeneratedRegex("n[1-9]")]
    private static partial Regex Node();

    [GeneratedRegex("^n[1-9] │")]
    private static partial Regex Worker();
}
