using AspireElection.Fencing;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>Transactions that only the newest leader can have.</summary>
[Collection(SharedPostgres.Name)]
public sealed class FencedTransactionTests(PostgresServer server) : PostgresFacts(server)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_older_term_is_refused_and_so_is_an_equal_token_of_another_holder()
    {
        await CommitAsync(TermOf("node-1", 6));
        await CommitAsync(TermOf("node-1", 6));
        await Assert.ThrowsAsync<StaleTermException>(() => CommitAsync(TermOf("node-1", 5)));
        await Assert.ThrowsAsync<StaleTermException>(() => CommitAsync(TermOf("node-2", 6)));
        await CommitAsync(TermOf("node-2", 7));
        await Assert.ThrowsAsync<StaleTermException>(() => CommitAsync(TermOf("node-1", 6)));
        Assert.Equal(7, await AskAsync<long>("SELECT token FROM election_fence WHERE election = $1", Election));
    }

    [Fact]
    public async Task What_was_not_committed_is_undone_and_fences_nobody()
    {
        await CommitAsync(TermOf("node-1", 5));
        await using (await BeginAsync(TermOf("node-2", 9)))
        {
            // Disposed without a commit.
        }

        await CommitAsync(TermOf("node-1", 5));
    }

    [Fact]
    public async Task Many_first_transactions_at_once_create_the_table_once()
    {
        await AskAsync<object>("DROP TABLE IF EXISTS election_fence; SELECT 1");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CommitAsync(TermOf("node-1", 5))));
    }

    [Fact]
    public async Task A_silent_predecessor_does_not_hang_the_next_leader()
    {
        var lease = TimeSpan.FromMilliseconds(500);
        await CommitAsync(TermOf("node-0", 4));
        var frozen = await BeginAsync(TermOf("node-1", 5), lease);
        await CommitAsync(TermOf("node-2", 6), lease);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => frozen.CommitAsync());
        await frozen.DisposeAsync();
        Assert.Equal(6, await AskAsync<long>("SELECT token FROM election_fence WHERE election = $1", Election));
    }

    private Term TermOf(string node, long token) => new(Election, new CandidateId(node, "mine"), token);

    private Task<PostgresFencedTransaction> BeginAsync(Term term, TimeSpan? lease = null) =>
        PostgresFencedTransaction.BeginAsync(Source, term, lease ?? Lease).WaitAsync(Bound);

    private async Task CommitAsync(Term term, TimeSpan? lease = null)
    {
        await using var fenced = await BeginAsync(term, lease);
        await fenced.CommitAsync();
    }
}
