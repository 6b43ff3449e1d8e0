using AspireElection.Hosting;
using AspireElection.Jobs;
using AspireElection.Stores.InProcess;
using AspireElection.Timing;
using AspireElection.Workers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AspireElection.Tests.Core;

/// <summary>An election in a host, as a user adds it.</summary>
public sealed class HostingTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_host_starts_its_elections_runs_the_jobs_and_resigns_when_it_stops()
    {
        await using var store = new InProcessStore(BootClock.Instance);
        var builder = Host.CreateApplicationBuilder();
        builder.AddElection("jobs", options => options.NodeId = "node-1")
            .UseInProcess(store)
            .AddLeaderJob<Remembering>();
        builder.Services.AddSingleton<Memory>();
        using var host = builder.Build();
        await host.StartAsync();
        var ran = await host.Services.GetRequiredService<Memory>().Ran.Task.WaitAsync(Bound);
        var candidate = host.Services.GetRequiredService<Elections>().Find("jobs")!;
        Assert.Same(candidate, host.Services.GetRequiredKeyedService<Candidate>("jobs"));
        Assert.True(candidate.IsLeader);
        Assert.Equal(candidate.Leadership!.Token, ran);
        await host.StopAsync();
        Assert.Equal(Role.Stopped, candidate.Role);
        Assert.Empty(await store.ListAsync("jobs", default));
    }

    [Fact]
    public async Task Hosts_that_use_one_folder_follow_each_other()
    {
        using var folder = new LockFolder();
        await TwoHosts.FollowEachOtherAsync(election => election.UseFile(folder.Path));
    }

    [Fact]
    public async Task A_host_takes_no_harm_of_a_user_who_campaigns_before_it_has_started()
    {
        await using var store = new InProcessStore(BootClock.Instance);
        var builder = Host.CreateApplicationBuilder();
        builder.AddElection("jobs", options => options.NodeId = "node-1").UseInProcess(store);
        using var host = builder.Build();
        var candidate = host.Services.GetRequiredKeyedService<Candidate>("jobs");
        var held = await candidate.CampaignAsync().WaitAsync(Bound);
        await host.StartAsync();
        Assert.Same(held, candidate.Leadership);
        await host.StopAsync();
        Assert.Equal(Role.Stopped, candidate.Role);
    }

    [Fact]
    public async Task Wrong_settings_end_the_start_with_all_problems()
    {
        await using var store = new InProcessStore(BootClock.Instance);
        var builder = Host.CreateApplicationBuilder();
        builder.AddElection("jobs", options =>
        {
            options.NodeId = "a b";
            options.RetryPeriod = TimeSpan.FromMinutes(1);
        }).UseStore(_ => store);
        using var host = builder.Build();
        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(2, wrong.Failures.Count());
    }

    [Fact]
    public void An_election_without_a_store_says_so()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddElection("jobs", options => options.NodeId = "node-1");
        using var host = builder.Build();
        var wrong = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<Elections>());
        Assert.StartsWith("Election 'jobs' has no store", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_whose_names_cannot_be_end_the_start_with_all_of_them()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddElection("jobs", options => options.NodeId = "node-1").UseInProcess()
            .AddLeaderJob<Remembering>().AddLeaderJob<Nameless>().AddLeaderJob<Remembering>();
        builder.Services.AddSingleton<Memory>();
        using var host = builder.Build();
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());
        Assert.Equal(
            "Jobs of election 'jobs': Nameless.Name is 'no name'; allowed: 1 to 128 characters of A-Z a-z 0-9 . _ -; "
            + "'remembering' is the name of Remembering and Remembering; allowed: one job of a name",
            wrong.Message);
    }

    [Fact]
    public async Task Two_elections_may_each_have_a_job_of_one_name()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddElection("one", options => options.NodeId = "node-1").UseInProcess().AddLeaderJob<Remembering>();
        builder.AddElection("two", options => options.NodeId = "node-1").UseInProcess().AddLeaderJob<Remembering>();
        builder.Services.AddSingleton<Memory>();
        using var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<Memory>().Ran.Task.WaitAsync(Bound);
        await host.StopAsync();
    }

    private sealed class Nameless : ILeaderJob
    {
        public string Name => "no name";

        public JobSchedule Schedule { get; } = JobSchedule.Once("1");

        public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping) => Task.FromResult(JobOutcome.Done);
    }

    private sealed class Memory
    {
        public TaskCompletionSource<long> Ran { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Remembering(Memory memory) : ILeaderJob
    {
        public string Name => "remembering";

        public JobSchedule Schedule { get; } = JobSchedule.Once("1");

        public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
        {
            memory.Ran.TrySetResult(context.Term.Token);
            return Task.FromResult(JobOutcome.Done);
        }
    }
}
