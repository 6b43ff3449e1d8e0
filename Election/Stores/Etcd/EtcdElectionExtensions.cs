using AspireElection.Stores.Etcd;
using AspireElection.Timing;

namespace AspireElection.Hosting;

/// <summary>Lets an election live in etcd.</summary>
public static class EtcdElectionExtensions
{
    /// <summary>Elects through etcd.</summary>
    /// <param name="election">The election.</param>
    /// <param name="connectionString">See <see cref="EtcdOptions.Parse"/>.</param>
    /// <exception cref="FormatException">The connection string cannot be read.</exception>
    public static ElectionBuilder UseEtcd(this ElectionBuilder election, string connectionString) =>
        election.UseEtcd(EtcdOptions.Parse(connectionString));

    /// <summary>Elects through etcd.</summary>
    /// <param name="election">The election.</param>
    /// <param name="options">Where it is. What is wrong with it ends the start of the host, with an <see cref="ArgumentException"/>.</param>
    public static ElectionBuilder UseEtcd(this ElectionBuilder election, EtcdOptions options)
    {
        ArgumentNullException.ThrowIfNull(election);
        return election.UseStore(_ => new EtcdStore(options, BootClock.Instance));
    }
}
