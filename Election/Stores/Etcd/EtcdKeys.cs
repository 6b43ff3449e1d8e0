using System.Globalization;
using System.Text;

namespace AspireElection.Stores.Etcd;

/// <summary>
/// Names of keys. The line of an election is where <c>etcdctl elect</c> has it; everything else is kept under
/// <c>election:</c>, which no election can be called.
/// </summary>
internal static class EtcdKeys
{
    /// <summary>Of the last terms of all elections, so that one watch of a process tells them all.</summary>
    public const string Terms = "election:term/";

    public static string Term(string election) => Terms + election;

    public static string Line(string election) => election + "/";

    public static string Place(string election, long lease) => Line(election) + lease.ToString("x", CultureInfo.InvariantCulture);

    public static string Fence(string election) => Data(election) + "fence";

    public static string Members(string election) => Data(election) + "members/";

    public static string Member(string election, CandidateId id) => Members(election) + id;

    public static string Ledger(string election) => Data(election) + "ledger/";

    public static string Log(string election, string log) => Data(election) + "log/" + log;

    /// <summary>The end of the range of all keys that begin so.</summary>
    public static byte[] EndOf(string prefix)
    {
        // The last byte of UTF-8 is never 0xff.
        var end = Encoding.UTF8.GetBytes(prefix);
        end[^1]++;
        return end;
    }

    /// <summary>The first key after one.</summary>
    public static string After(string key) => key + '\0';

    private static string Data(string election) => $"election:data/{election}/";
}
