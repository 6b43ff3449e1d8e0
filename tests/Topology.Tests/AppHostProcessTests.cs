namespace AspireElection.Topology.Tests;

public sealed class AppHostProcessTests
{
    private static readonly Dictionary<string, string> s_plain = [];

    [Theory]
    [InlineData("--store floppy", "--store floppy")]
    [InlineData("--replicas 0", "--replicas 0")]
    [InlineData("--replicas three", "--replicas three")]
    [InlineData("--servers cloud", "--servers cloud")]
    [InlineData("--store", "--store")]
    [InlineData("-x=1", "-x=1: Aspire reads no value of a flag with one dash; allowed: --x=1")]
    [InlineData("--AppHost:Theirs -x=1 --store floppy", "--store floppy")]
    public async Task A_wrong_flag_ends_with_code_2_and_one_line_that_names_it(string flags, string named)
    {
        using var host = new AppHostProcess(s_plain, flags.Split(' '));
        await host.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, host.ExitCode);
        var line = Assert.Single(host.Errors, l => l.Length > 0);
        Assert.StartsWith(named, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_flags_are_all_reported_at_once()
    {
        using var host = new AppHostProcess(s_plain, "--store", "floppy", "--replicas", "-1", "--servers=cloud");
        await host.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, host.ExitCode);
        Assert.Equal(3, host.Errors.Count(l => l.Length > 0));
    }

    [Fact]
    public async Task Wrong_settings_that_the_workers_would_inherit_end_it_with_code_2_and_a_line_each()
    {
        var wrong = new Dictionary<string, string> { ["LEASE_DURATION"] = "soon", ["NODE_TIMEOUT"] = "", ["ELECTION_ADMIN_TOKEN"] = "short", ["DASHBOARD_ADMIN_TOKEN"] = "0123456789abcdeä" };
        using var host = new AppHostProcess(wrong, "--store", "file");
        await host.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, host.ExitCode);
        Assert.Equal(
            [
                "LEASE_DURATION is 'soon'; allowed: a duration up to 24 hours such as 500ms, 15s, 1m or 00:01:30",
                "ELECTION_ADMIN_TOKEN has 5 characters; allowed: at least 16",
                "DASHBOARD_ADMIN_TOKEN has a character that is none of printable ASCII; allowed: letters, digits, signs and spaces",
            ],
            host.Errors.Where(l => l.Length > 0));
    }

    /// <summary>The workers wait for an etcd that answers; a page is opened once it is healthy itself.</summary>
    [Fact]
    public async Task A_proxy_of_the_environment_is_not_asked_for_this_machine()
    {
        using var opener = new PageOpener();
        // Nothing listens there.
        const string proxy = "http://127.0.0.1:1";
        var environment = new Dictionary<string, string>
        {
            ["HTTP_PROXY"] = proxy,
            ["HTTPS_PROXY"] = proxy,
            ["http_proxy"] = proxy,
            ["https_proxy"] = proxy,
            ["NO_PROXY"] = "",
            ["PATH"] = opener.Path,
        };
        using var host = new AppHostProcess(environment, "--store", "etcd", "--open");
        await host.AddressAsync("worker");
        var page = await host.AddressAsync("dashboard");
        await opener.OpenedAsync($"{page}/");
    }

    [Fact]
    public async Task The_printed_links_lead_to_both_pages_and_one_of_them_opens_the_drills()
    {
        var folder = Directory.CreateTempSubdirectory("election-opener-").FullName;
        try
        {
            // Whoever opens pages on this machine: writes down which.
            var opener = Path.Combine(folder, "xdg-open");
            await File.WriteAllTextAsync(opener, $"#!/bin/sh\necho \"$1\" >> {folder}/opened\n");
            using (var allowed = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"chmod u+rx {opener}"])) await allowed.WaitForExitAsync();
            using var host = new AppHostProcess(
                new Dictionary<string, string> { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}" }, "--store", "file", "--open");
            var page = await host.AddressAsync("dashboard");
            var admin = await host.AddressAsync("dashboard-admin");
            var aspire = await host.AddressAsync("aspire");

            Assert.Matches($"^{page}/admin\\?token=[0-9a-f]{{32}}$", admin);
            await Wait.UntilTrueAsync("both pages are opened", TimeSpan.FromSeconds(60), () =>
                (File.Exists($"{folder}/opened") ? File.ReadAllLines($"{folder}/opened") : []) is var opened
                && opened.Contains($"{page}/") && opened.Contains(aspire) && opened.Length == 2 ? null : string.Join(' ', opened));
            using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(5) };
            Assert.Contains("read-only for you", await http.GetStringAsync(new Uri(page)), StringComparison.Ordinal);
            using var answer = await http.GetAsync(new Uri(admin));
            Assert.Equal(System.Net.HttpStatusCode.SeeOther, answer.StatusCode);
            Assert.Contains("action=\"/drills\"", await http.GetStringAsync(new Uri(page)), StringComparison.Ordinal);

            Assert.Single(host.Folders);
            host.Signal("TERM");
            await host.WaitForExitAsync(TimeSpan.FromSeconds(10));
            Assert.Empty(host.Folders);
            Assert.DoesNotContain(host.Lines.Concat(host.Errors), l => l.Contains(admin[^32..], StringComparison.Ordinal) && !l.StartsWith("dashboard-admin: ", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Aspire's start goes on until the workers are created, and these wait for Redis.</summary>
    [Fact]
    public async Task The_Aspire_dashboard_is_told_and_a_signal_heeded_while_a_server_is_not_healthy()
    {
        var folder = Directory.CreateTempSubdirectory("election-deaf-").FullName;
        try
        {
            var deaf = Path.Combine(folder, "redis-server");
            await File.WriteAllTextAsync(deaf, "#!/bin/sh\nexec sleep 60\n");
            using (var allowed = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"chmod a+rx {folder} {deaf}"])) await allowed.WaitForExitAsync();
            using var host = new AppHostProcess(
                new Dictionary<string, string> { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}" }, "--store", "redis");
            await host.AddressAsync("aspire");
            host.Signal("TERM");
            await host.WaitForExitAsync(TimeSpan.FromSeconds(15));

            Assert.Equal(0, host.ExitCode);
            Assert.DoesNotContain(host.Lines, l => l.StartsWith("worker: ", StringComparison.Ordinal));
            Assert.DoesNotContain("sleep", LinuxProcess.Describe(host.Processes), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_stop_signal_ends_everything_within_ten_seconds()
    {
        using var host = new AppHostProcess(s_plain, "--store", "redis");
        await host.AddressAsync("worker");
        await host.AddressAsync("aspire");
        host.Signal("TERM");
        await host.WaitForExitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(0, host.ExitCode);
        var left = host.Processes;
        Assert.DoesNotContain("Workers.dll", LinuxProcess.Describe(left), StringComparison.Ordinal);
        Assert.DoesNotContain("redis-server", LinuxProcess.Describe(left), StringComparison.Ordinal);
        // The control plane itself goes last, and nobody waits for that.
        await Wait.UntilTrueAsync("all processes end", TimeSpan.FromSeconds(10), () =>
            host.Processes is { Count: > 0 } left ? LinuxProcess.Describe(left) : null);
    }

    [Fact]
    public async Task Nothing_is_left_thirty_seconds_after_a_kill()
    {
        using var host = new AppHostProcess(s_plain, "--store", "redis");
        await host.AddressAsync("worker");
        host.Signal("KILL");

        await Wait.UntilTrueAsync("all processes end", TimeSpan.FromSeconds(30), () =>
            host.Processes is { Count: > 0 } left ? LinuxProcess.Describe(left) : null);
    }
}
