using System.Diagnostics;
using AspireElection.Tests.Mistakes;

namespace AspireElection.Workers;

/// <summary>What <c>./run</c> refuses before it sets up or builds anything, and what it hands on.</summary>
public sealed class RunScriptTests : IDisposable
{
    private readonly string _tools = Directory.CreateTempSubdirectory("election-tools-").FullName;

    public void Dispose() => Directory.Delete(_tools, recursive: true);

    [Theory]
    [InlineData("--stor etcd", "--stor is no flag of ./run: see ./run --help; what is meant for Aspire comes after --, as in ./run -- --stor")]
    [InlineData("tricks", "'tricks' is no command of ./run and belongs to no flag: see ./run --help")]
    [InlineData("--store floppy", "--store floppy: allowed are redis, postgres, etcd, file or quorum")]
    [InlineData("--replicas=101", "--replicas 101: allowed is a number from 1 to 100")]
    [InlineData("--servers --open", "--servers: has no value; allowed: auto, containers or local")]
    [InlineData("demo tricks", "'tricks' is no demo: see ./run demo --help")]
    [InlineData("bench --quik", "--quik is no flag of the benchmarks: see ./run bench --help")]
    [InlineData("bench --rounds 0", "--rounds is a number from 1 to 10000, not '0'")]
    public async Task A_wrong_word_is_refused_at_once_in_one_line(string words, string says)
    {
        var (code, output, errors) = await RunAsync(words);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal([says], errors);
    }

    [Fact]
    public async Task A_wrong_setting_is_refused_at_once_in_the_words_of_the_worker()
    {
        string[] wrong = ["LEASE_DURATION=soon", "NODE_TIMEOUT=5 s", "ELECTION_ADMIN_TOKEN=short"];
        var (code, output, errors) = await RunAsync("", wrong);
        Assert.Equal(2, code);
        Assert.Empty(output);
        await using var worker = new WorkerProcess("--store memory", wrong);
        Assert.Equal(2, await worker.EndAsync());
        Assert.Equal(worker.Errors.Order(), errors.Order());
    }

    [Fact]
    public async Task What_is_right_is_handed_on_and_what_comes_after_two_dashes_as_it_is()
    {
        var (code, output, errors) = await RunAsync(
            "--store file --replicas 2 --open -- --AppHost:OtlpApiKey=x --store-of-theirs 1", "LEASE_DURATION=00:00:05", "RENEW_PERIOD=500ms", "LEASE_MARGIN=");
        Assert.Equal((0, ""), (code, string.Join('\n', errors)));
        Assert.EndsWith(" -- --store=file --replicas=2 --open --AppHost:OtlpApiKey=x --store-of-theirs 1", output[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "./run [--store ")]
    [InlineData("test", "./test [--only ")]
    public async Task Help_needs_no_home_folder(string script, string begin)
    {
        var info = new ProcessStartInfo(Path.Combine(SourceFolder.Root, script), "--help");
        info.Environment.Remove("HOME");
        await using var run = new WorkerProcess(info, []);
        Assert.Equal(0, await run.EndAsync());
        Assert.Empty(run.Errors);
        Assert.StartsWith(begin, run.Output[0], StringComparison.Ordinal);
    }

    /// <summary>Nothing is built by it, whatever it does: its dotnet only says what it was told, and its lock is nobody else's.</summary>
    private async Task<(int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Errors)> RunAsync(string words, params string[] variables)
    {
        // By a shell: a process that a test beside this one starts would inherit a file that is being written, and that cannot be run.
        const string Tool = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod u+rx \"$1\"";
        foreach (var (tool, does) in new[] { ("dotnet", "echo \"dotnet $*\""), ("flock", "exit 0") })
        {
            using var written = Process.Start("/bin/sh", ["-c", Tool, "sh", Path.Combine(_tools, tool), does]);
            await written.WaitForExitAsync();
        }

        await using var run = new WorkerProcess(
            new ProcessStartInfo(Path.Combine(SourceFolder.Root, "run"), words),
            [$"PATH={_tools}:{Environment.GetEnvironmentVariable("PATH")}", "AspirePackages=true", .. variables]);
        return (await run.EndAsync(), run.Output, run.Errors);
    }
}
