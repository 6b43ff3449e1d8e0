using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AspireElection.AppHost;

/// <summary>The AppHost's own flags. All others belong to Aspire, its CLI or its testing builder, and are left alone.</summary>
internal sealed record TopologyOptions(string Store, int Replicas, string Servers)
{
    public const string Help = """
        dotnet run --project AppHost -- [--store redis|postgres|etcd|file|quorum] [--replicas N] [--servers auto|containers|local] [--open]
          --store      where the workers elect their leader (default: redis)
          --replicas   how many workers, 1 to 100 (default: 3)
          --servers    where Redis, PostgreSQL and etcd run (default: auto, containers where an engine answers, else this machine's own)
          --open       opens both dashboards in the browser (xdg-open, open, or the system's own way)
        Other flags are passed on to Aspire.
        """;

    private const string OpenFlag = "--open";
    private const int MostReplicas = 100;

    /// <summary>Whether both dashboards are to be opened.</summary>
    public bool Open { get; private init; }

    /// <summary>
    /// What Aspire is told. Not the flag without a value: Aspire reads all flags as settings, and would take the next one for it.
    /// </summary>
    public string[] PassedOn { get; private init; } = [];

    /// <summary>Reads the flags; writes one line for each wrong value and answers false if there is one.</summary>
    public static bool TryParse(IReadOnlyList<string> args, TextWriter errors, [NotNullWhen(true)] out TopologyOptions? options)
    {
        var wrong = new List<string>();
        var store = Read("--store", "redis", "redis, postgres, etcd, file or quorum");
        var replicas = Read("--replicas", "3", $"a number from 1 to {MostReplicas}");
        var servers = Read("--servers", "auto", "auto, containers or local");
        if (store is not (null or "redis" or "postgres" or "etcd" or "file" or "quorum"))
        {
            wrong.Add($"--store {store}: allowed are redis, postgres, etcd, file or quorum");
        }

        var count = 0;
        if (replicas is not null
            && !(int.TryParse(replicas, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= MostReplicas))
        {
            wrong.Add($"--replicas {replicas}: allowed is a number from 1 to {MostReplicas}");
        }

        if (servers is not (null or "auto" or "containers" or "local"))
        {
            wrong.Add($"--servers {servers}: allowed are auto, containers or local");
        }

        string[] passedOn = [.. args.Where(a => a != OpenFlag)];
        wrong.AddRange(Unreadable(passedOn).Select(a => $"{a}: Aspire reads no value of a flag with one dash; allowed: -{a}"));
        wrong.ForEach(errors.WriteLine);
        options = wrong.Count == 0 ? new TopologyOptions(store!, count, servers!)
        {
            Open = args.Contains(OpenFlag),
            PassedOn = passedOn,
        } : null;
        return options is not null;

        string? Read(string flag, string otherwise, string allowed)
        {
            var value = otherwise;
            for (var i = 0; i < args.Count; i++)
            {
                if (args[i].StartsWith(flag + "=", StringComparison.Ordinal))
                {
                    value = args[i][(flag.Length + 1)..];
                }
                else if (args[i] == flag)
                {
                    value = i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : "";
                }
            }

            if (value.Length > 0) return value;
            wrong.Add($"{flag}: has no value; allowed: {allowed}");
            return null;
        }
    }

    /// <summary>
    /// What .NET's reader of command lines ends with an exception for: <c>-x=1</c>, unless it is the value of a flag before it.
    /// </summary>
    private static IEnumerable<string> Unreadable(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var hasValue = args[i].Contains('=', StringComparison.Ordinal);
            if (args[i].StartsWith("--", StringComparison.Ordinal) || args[i].StartsWith('/'))
                i += hasValue ? 0 : 1;
            else if (hasValue && args[i].StartsWith('-'))
                yield return args[i];
        }
    }
}
