using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Workers.Settings;
using AspireElection.Workers.Stores;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Workers;

/// <summary>What a worker does about a setting that only its server could refuse.</summary>
public sealed class CheckedStoreTests
{
    private readonly SimulatedClock _clock = new();
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly InterceptedStore _way;
    private readonly WrongForServer _wrong;
    private readonly CheckedStore _store;

    public CheckedStoreTests()
    {
        _way = new InterceptedStore(new InProcessStore(_clock));
        _wrong = new WrongForServer(SettingsReader.Read(["--lease-duration", "1s"], _ => null, _ => null).Settings!, _lifetime);
        _store = new CheckedStore(_way, _wrong);
    }

    [Fact]
    public async Task A_wrong_value_ends_the_worker_with_a_line_that_names_it()
    {
        await RefusedAsync(leaseIsTooShort: true);
        Assert.Equal("--lease-duration is '1s': the server says so", _wrong.Line);
        Assert.True(_lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Any_other_trouble_is_waited_out()
    {
        await RefusedAsync(leaseIsTooShort: false);
        Assert.Null(_wrong.Line);
        Assert.False(_lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_has_led_stays_when_its_server_is_changed()
    {
        var grant = await _store.AcquireAsync(Standing(), default);
        await _store.ReleaseAsync(grant.Term, default);
        await RefusedAsync(leaseIsTooShort: true);
        Assert.Null(_wrong.Line);
        Assert.False(_lifetime.ApplicationStopping.IsCancellationRequested);
    }

    private static Candidacy Standing() => new("election", new CandidateId("n1", "1"), TimeSpan.FromSeconds(1));

    private async Task RefusedAsync(bool leaseIsTooShort)
    {
        _way.Away = new StoreUnavailableException("the server says so") { LeaseIsTooShort = leaseIsTooShort };
        Assert.Same(_way.Away, await Assert.ThrowsAsync<StoreUnavailableException>(() => _store.AcquireAsync(Standing(), default).AsTask()));
    }
}
