namespace AspireElection.Stores.Postgres;

/// <summary>How the seats of one store are kept at the server.</summary>
internal interface IPostgresSeats : IAsyncDisposable
{
    ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken);

    ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken);

    ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken);
}
