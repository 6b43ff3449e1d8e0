using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Workers.Stores;

/// <summary>A store whose server may refuse what the worker was told. A worker that has led stays: its server was changed under it, and may be changed back.</summary>
internal sealed class CheckedStore(IElectionStore store, WrongForServer wrong) : StoreBehind(store.Kind)
{
    private volatile bool _hasLed;

    public override string Promise => store.Promise;

    public override async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        try
        {
            var grant = await store.AcquireAsync(candidacy, cancellationToken);
            _hasLed = true;
            return grant;
        }
        catch (StoreUnavailableException refusal) when (!_hasLed)
        {
            wrong.Refused(refusal);
            throw;
        }
    }

    public override ValueTask DisposeAsync() => store.DisposeAsync();

    protected override Task<IElectionStore> OpenAsync(CancellationToken cancellationToken) => Task.FromResult(store);
}
