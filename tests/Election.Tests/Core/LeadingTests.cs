using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Core;

/// <summary>What a leader may believe, and for how long.</summary>
public sealed class LeadingTests
{
    [Fact]
    public void A_lone_candidate_leads_at_once_and_keeps_its_term() => SimulatedWorld.Run(async world =>
    {
        var (candidate, _) = await new Nodes(world).LeaderAsync("node-1");
        var term = candidate.Leadership!.Token;
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.True(candidate.IsLeader);
        Assert.Equal(term, candidate.Leadership!.Token);
        Assert.Equal(1, candidate.Snapshot().Transitions);
        await candidate.StopAsync();
    });

    [Fact]
    public void Without_an_answer_trust_ends_a_margin_before_the_lease_counted_from_the_sending() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1");
        var held = candidate.Leadership!;
        var anchor = world.Clock.Now;
        way.OnRenew = (_, _) => throw new TimeoutException();
        await world.PassAsync(Nodes.Trust - TimeSpan.FromMilliseconds(1));
        Assert.True(held.IsTrusted, "unknown renewals do not end trust early");
        await world.UntilAsync(() => !held.IsTrusted, TimeSpan.FromSeconds(1), "trust ends");
        Assert.Equal(anchor + Nodes.Trust.Ticks, world.Clock.Now);
        await world.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.True(held.Lost.IsCancellationRequested);
        Assert.Equal(LossReason.Expired, held.EndedBecause);
        way.OnRenew = null;
        await candidate.StopAsync();
    });

    [Fact]
    public void Renewals_that_were_applied_and_never_answered_do_not_keep_the_seat_beyond_trust() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (silent, way) = await nodes.LeaderAsync("node-1");
        var (waiting, _) = nodes.New("node-2");
        await waiting.StartAsync();
        var held = silent.Leadership!;
        way.OnRenew = async (renew, _) =>
        {
            await renew();
            throw new TimeoutException();
        };
        await world.UntilAsync(() => !held.IsTrusted, Nodes.Lease, "trust ends");
        await world.UntilAsync(() => waiting.IsLeader, TimeSpan.FromMilliseconds(100), "the other leads");
        way.OnRenew = null;
        await silent.StopAsync();
        await waiting.StopAsync();
    });

    [Fact]
    public void A_seat_is_not_given_back_while_work_ignores_the_end_of_trust() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var end = new TaskCompletionSource();
        var (stubborn, way) = nodes.New("node-1", o => o.WhileLeading.Add(_ => end.Task));
        await stubborn.StartAsync();
        await world.UntilAsync(() => stubborn.IsLeader, Nodes.Lease, "it leads");
        var held = stubborn.Leadership!;
        var released = false;
        way.OnRelease = () => released = true;
        way.OnRenew = (_, _) => throw new TimeoutException();
        await world.UntilAsync(() => !held.IsTrusted, Nodes.Lease, "trust ends");
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(released);
        end.SetResult();
        await world.UntilAsync(() => released, TimeSpan.FromMilliseconds(100), "the seat is given back");
        way.OnRenew = null;
        await stubborn.StopAsync();
    });

    [Fact]
    public void A_slow_successful_renewal_does_not_stretch_trust() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1");
        var held = candidate.Leadership!;
        var sentAt = 0L;
        way.OnRenew = async (renew, _) =>
        {
            sentAt = world.Clock.Now;
            var answer = await renew();
            await world.PassAsync(TimeSpan.FromSeconds(3));
            way.OnRenew = (_, _) => throw new TimeoutException();
            return answer;
        };
        await world.UntilAsync(() => sentAt > 0, Nodes.Lease, "a renewal is sent");
        await world.UntilAsync(() => !held.IsTrusted, Nodes.Lease * 2, "trust ends");
        Assert.Equal(sentAt + Nodes.Trust.Ticks, world.Clock.Now);
        way.OnRenew = null;
        await candidate.StopAsync();
    });

    [Fact]
    public void A_renewal_that_the_store_refuses_ends_the_leadership_now() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1");
        var held = candidate.Leadership!;
        way.OnRenew = (_, _) =>
        {
            way.OnRenew = null;
            return new ValueTask<RenewAnswer>(RenewAnswer.Lost);
        };
        await world.UntilAsync(() => held.EndedBecause is not null, Nodes.RenewPeriod + TimeSpan.FromMilliseconds(1), "it ends");
        Assert.Equal(LossReason.Lost, held.EndedBecause);
        await candidate.StopAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_term_that_was_lost_is_disowned_when_nobody_here_acts_for_it_any_more(bool drains) => SimulatedWorld.Run(async world =>
    {
        var work = new TaskCompletionSource();
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1", o =>
        {
            o.DrainLimit = Nodes.Lease * 2;
            o.WhileLeading.Add(_ => work.Task);
        });
        var held = candidate.Leadership!;
        var released = 0;
        way.OnRelease = () =>
        {
            Assert.True(work.Task.IsCompleted, "given up while its work goes on");
            Assert.False(held.IsTrusted, "given up while this node believes in it");
            released++;
        };
        way.OnRenew = (_, _) => new ValueTask<RenewAnswer>(RenewAnswer.Lost);
        var resigning = drains ? candidate.ResignAsync() : Task.FromResult(false);
        await world.UntilAsync(() => held.EndedBecause is not null, Nodes.Lease, "it ends");
        Assert.Equal(LossReason.Lost, held.EndedBecause);
        Assert.Equal(0, released);
        way.OnRenew = null;
        work.SetResult();
        await world.UntilAsync(() => released > 0, Nodes.RenewPeriod, "it is given up");
        Assert.False(await resigning);
        Assert.Equal(1, released);
        await candidate.StopAsync();
    });

    [Fact]
    public void A_doubt_of_the_store_is_followed_by_a_renewal_at_once() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1");
        await world.PassAsync(TimeSpan.FromMilliseconds(10));
        var before = way.Renewals;
        way.Candidacy!.RenewNow();
        await world.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(before + 1, way.Renewals);
        await candidate.StopAsync();
    });

    [Fact]
    public void A_doubt_that_comes_while_the_grant_is_on_its_way_is_not_forgotten() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = new Nodes(world).New("node-1");
        way.OnAcquire = async acquire =>
        {
            var grant = await acquire();
            // The session ended before anybody could hold the term that it gave.
            way.Candidacy!.RenewNow();
            return grant;
        };
        await candidate.CampaignAsync();
        await world.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, way.Renewals);
        await candidate.StopAsync();
    });

    [Fact]
    public void A_hanging_renewal_is_given_up_after_a_renew_period_and_tried_again() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1");
        way.OnRenew = async (renew, cancelled) =>
        {
            way.OnRenew = null;
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Clock, cancelled);
            return await renew();
        };
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(candidate.IsLeader);
        Assert.Equal(1, candidate.Snapshot().Transitions);
        await candidate.StopAsync();
    });

    [Fact]
    public void After_a_suspend_longer_than_the_lease_it_does_not_lead_for_one_instant() => SimulatedWorld.Run(async world =>
    {
        var (candidate, _) = await new Nodes(world).LeaderAsync("node-1");
        var held = candidate.Leadership!;
        world.Clock.Skip(TimeSpan.FromMinutes(1));
        Assert.False(candidate.IsLeader);
        Assert.False(held.IsTrusted);
        await world.UntilAsync(() => candidate.IsLeader, Nodes.Lease, "it is elected again");
        Assert.True(candidate.Leadership!.Token > held.Token);
        await candidate.StopAsync();
    });

    [Fact]
    public void A_leadership_that_ended_while_the_process_stood_still_says_when() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = await new Nodes(world).LeaderAsync("node-1");
        using var changes = candidate.Subscribe();
        var held = candidate.Leadership!;
        way.Away = new StoreUnavailableException("away");
        var end = world.Clock.GetUtcNow() + held.TrustLeft;
        Assert.Null(held.EndedAt);
        world.Clock.Skip(TimeSpan.FromMinutes(1));
        await world.UntilAsync(() => held.Lost.IsCancellationRequested, Nodes.Lease, "the end is told");
        Assert.Equal(end, held.EndedAt);
        await foreach (var change in changes.ReadAsync())
        {
            if (change is not ElectionChange.LostLeadership lost)
                continue;
            Assert.Equal(end, lost.At);
            break;
        }

        await candidate.StopAsync();
    });

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public void Steps_of_the_wall_clock_have_no_effect(int seconds) => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var (follower, _) = nodes.New("node-2");
        await follower.StartAsync();
        var term = leader.Leadership!.Token;
        world.Clock.WallOffset = TimeSpan.FromSeconds(seconds);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(term, leader.Leadership!.Token);
        Assert.False(follower.IsLeader);
        await leader.StopAsync();
        await follower.StopAsync();
    });

    [Fact]
    public void A_grant_that_arrives_after_its_lease_makes_no_leader_and_is_given_back() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var told = false;
        var (candidate, way) = nodes.New("node-1", o => o.Callbacks.BecameLeader = _ => told = true);
        var released = 0;
        way.OnRelease = () => released++;
        way.OnAcquire = async acquire =>
        {
            var grant = await acquire();
            await world.PassAsync(Nodes.Trust);
            return grant;
        };
        await candidate.StartAsync();
        await world.UntilAsync(() => released > 0, Nodes.Lease * 2, "the seat is given back");
        Assert.False(told);
        Assert.False(candidate.IsLeader);
        way.OnAcquire = null;
        await world.UntilAsync(() => candidate.IsLeader, Nodes.Lease * 3, "it leads by a grant in time");
        await candidate.StopAsync();
    });

    [Fact]
    public void The_work_is_told_at_the_end_of_trust_although_somebody_asked_before_the_deadline() => SimulatedWorld.Run(async world =>
    {
        CancellationToken lost = default;
        var (leader, way) = await new Nodes(world).LeaderAsync("node-1", o => o.WhileLeading.Add(held =>
        {
            lost = held.Lost;
            return Task.CompletedTask;
        }));
        way.OnRenew = (_, _) => new ValueTask<RenewAnswer>(new TaskCompletionSource<RenewAnswer>().Task);
        await world.PassAsync(Nodes.Trust - TimeSpan.FromMilliseconds(100));
        world.Clock.Skip(TimeSpan.FromMilliseconds(100));
        Assert.False(leader.IsLeader);
        await world.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.True(lost.IsCancellationRequested);
        await leader.StopAsync();
    });

    [Fact]
    public void A_new_priority_counts_for_who_waits_already() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1", o => o.Priority = 10);
        var (second, _) = nodes.New("node-2", o => o.Priority = 5);
        var (third, _) = nodes.New("node-3");
        await second.StartAsync();
        await third.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        third.Priority = 7;
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await leader.StopAsync();
        await world.UntilAsync(() => third.IsLeader, TimeSpan.FromSeconds(1), "the better of those who wait leads");
        await third.StopAsync();
        await second.StopAsync();
    });
}
