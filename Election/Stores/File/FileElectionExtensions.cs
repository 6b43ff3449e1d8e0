using AspireElection.Stores.Files;
using AspireElection.Timing;

namespace AspireElection.Hosting;

/// <summary>Lets an election live in a folder.</summary>
public static class FileElectionExtensions
{
    /// <summary>Elects through files: for processes of one machine.</summary>
    /// <param name="election">The election.</param>
    /// <param name="folder">The same for all nodes; default: <see cref="FileStore.DefaultFolder"/>.</param>
    public static ElectionBuilder UseFile(this ElectionBuilder election, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(election);
        return election.UseStore(_ => new FileStore(folder ?? FileStore.DefaultFolder, BootClock.Instance));
    }
}
