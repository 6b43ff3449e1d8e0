using System.Runtime.CompilerServices;
using AspireElection.ServiceDefaults.Stores;

namespace AspireElection.Workers.Drills;

/// <summary>The node's store as a drill leaves it: as if the line to it were down, or as if the leader forgot to renew.</summary>
internal sealed class DrilledStore(IElectionStore store, Drill drill) : StoreBehind(store.Kind)
{
    public override string Promise => store.Promise;

    public override async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        var cut = drill.CutBegins;
        // A paused leader that stood again at once would win and lose the seat until the pause ends.
        drill.ThrowIfPaused();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut);
        try
        {
            return await store.AcquireAsync(candidacy, ends.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw CutOff();
        }
    }

    public override async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        drill.ThrowIfPaused();
        var answer = await store.RenewAsync(term, leaseDuration, cancellationToken);
        // What was under way when the line went down has no answer.
        drill.ThrowIfPaused();
        return answer;
    }

    public override async IAsyncEnumerable<Sighting> ObserveAsync(
        string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cut = drill.CutBegins;
        drill.ThrowIfCut();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut);
        await using var sightings = store.ObserveAsync(election, ends.Token).GetAsyncEnumerator(ends.Token);
        while (true)
        {
            try
            {
                if (!await sightings.MoveNextAsync())
                    yield break;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw CutOff();
            }

            yield return sightings.Current;
        }
    }

    public override ValueTask DisposeAsync() => store.DisposeAsync();

    protected override Task<IElectionStore> OpenAsync(CancellationToken cancellationToken)
    {
        drill.ThrowIfCut();
        return Task.FromResult(store);
    }

    private static StoreUnavailableException CutOff() => new("this node was cut off from its store by a drill");
}
