using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AspireElection.Faults.Harness;

namespace AspireElection.Faults.Soaks;

/// <summary>What a soak found, as a page.</summary>
internal static class SoakReport
{
    public static string Of(Soak soak)
    {
        var text = new StringBuilder();
        Line(text, $"# Soak of {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC");
        Line(text, $"");
        Line(text, $"{soak.Duration.TotalSeconds:0} s on {string.Join(", ", soak.Stores)}, lease {StoreCluster.Lease.TotalSeconds:0.#} s, four workers, seed {soak.Seed}; {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores.");
        Line(text, $"");
        Line(text, $"- changes of the leader: {soak.Changes}");
        Line(text, $"- faults: {soak.Strikes}");
        Line(text, $"- answers of the workers that were compared: {soak.Answers}");
        Line(text, $"- the machine was late for {100 * Lateness.Share:0} % of the time: by so much others kept its cores from the workers");
        Line(text, $"- violations: {soak.Violations.Count}");
        foreach (var violation in soak.Violations)
            Line(text, $"  - {violation}");
        Line(text, $"- later than their bound: {soak.Overdue.Count}");
        foreach (var late in soak.Overdue)
            Line(text, $"  - {late}");
        Line(text, $"");
        Line(text, $"| store | fault | times | nobody led, median ms | worst ms | led again after, median ms | worst ms | bound ms |");
        Line(text, $"|---|---|---:|---:|---:|---:|---:|---:|");
        foreach (var f in soak.Figures.OrderBy(f => f.Store).ThenByDescending(f => f.Strikes))
        {
            var bound = f.Fault.Bound(f.Store, StoreCluster.Lease).TotalMilliseconds;
            Line(text, $"| {f.Store} | {f.Fault.Name} | {f.Strikes} | {Median(f.Gaps)} | {Worst(f.Gaps)} | {Median(f.Recoveries)} | {Worst(f.Recoveries)} | {bound:0} |");
        }

        Line(text, $"");
        Line(text, $"Growth of the processes that lived at the end, from the first rest of each:");
        foreach (var line in soak.Growth)
            Line(text, $"- {line}");
        return text.ToString().TrimEnd();
    }

    private static string Median(List<double> values) => values.Count == 0 ? "–" : Text(values.Order().ElementAt(values.Count / 2));

    private static string Worst(List<double> values) => values.Count == 0 ? "–" : Text(values.Max());

    private static string Text(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
