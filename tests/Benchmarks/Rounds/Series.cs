using System.Globalization;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>How a leadership comes to its end.</summary>
internal enum Ending
{
    Resign,
    Terminate,
    Kill,
    CutOff,
}

/// <summary>The same end of a leadership on the same store, again and again.</summary>
/// <param name="Store">As <c>--store</c> calls it.</param>
/// <param name="Lease">Of the election.</param>
/// <param name="Ending">What happens to the leader.</param>
/// <param name="Rounds">How often.</param>
/// <param name="Groups">By how many groups of three workers, side by side.</param>
internal sealed record Series(string Store, TimeSpan Lease, Ending Ending, int Rounds, int Groups = 1)
{
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(0.5);
    public static readonly TimeSpan Middle = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the next leader comes within milliseconds: such a round has the machine to itself. Others wait for a lease to end.
    /// </summary>
    public bool IsAtOnce => Ending is Ending.Resign or Ending.Terminate || Ending is Ending.Kill && Store == "postgres";

    public string Title => Store switch
    {
        "redis" => "Redis",
        "postgres" => "PostgreSQL",
        "file" => "files",
        _ => Store,
    };

    public string LeaseText => string.Create(CultureInfo.InvariantCulture, $"{Lease.TotalSeconds:0.#} s lease");

    /// <summary>Everything that the stores can do: etcd grants no lease below two seconds.</summary>
    public static IEnumerable<Series> On(IEnumerable<string> stores, IReadOnlyList<TimeSpan> leases, Ending ending, int rounds, int groups = 1) =>
        from lease in leases
        from store in stores
        where store != "etcd" || lease >= Middle
        select new Series(store, lease, ending, rounds, Math.Min(groups, rounds));
}
