namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>Who stands in line for a seat, alone in its process: a candidate of the library, or a bare loop that does no more than it must.</summary>
internal interface IStand : IAsyncDisposable
{
    /// <summary>Lines up, or takes the seat where nobody has it; returns when it stands in the line or leads.</summary>
    Task StandAsync();

    /// <summary>Gives the seat to who waits, and does not line up again by itself.</summary>
    Task ResignAsync();
}
