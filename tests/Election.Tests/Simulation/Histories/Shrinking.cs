namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Makes a failing history short: leaves out faults and nodes while the same checker still fails. Bounded; what is left
/// need not be the shortest.
/// </summary>
internal static class Shrinking
{
    private const int MostRuns = 400;

    public static Failure Shrink(Failure failure)
    {
        var runs = 0;
        for (var chunk = Math.Max(1, failure.Plan.Faults.Count / 2); ; chunk = Math.Max(1, chunk / 2))
        {
            var before = failure.Plan.Faults.Count;
            for (var at = 0; at < failure.Plan.Faults.Count && runs < MostRuns;)
            {
                var fewer = failure.Plan.Faults.Where((_, i) => i < at || i >= at + chunk).ToList();
                if (Try(failure.Plan with { Faults = fewer, QuietFrom = QuietFrom(failure.Plan, fewer) }) is { } smaller)
                    failure = smaller;
                else
                    at += chunk;
            }

            if (runs >= MostRuns || (chunk == 1 && failure.Plan.Faults.Count == before))
                break;
        }

        for (var node = failure.Plan.Nodes.Count - 1; node > 0 && runs < MostRuns; node--)
        {
            var absent = failure.Plan.Nodes.Select((n, i) => i == node ? n with { StartsAt = -1 } : n).ToList();
            if (failure.Plan.Nodes[node].StartsAt >= 0 && Try(failure.Plan with { Nodes = absent }) is { } smaller)
                failure = smaller;
        }

        return failure;

        Failure? Try(Plan plan)
        {
            runs++;
            return new History(plan).Run() is { } found && found.Checker == failure.Checker ? found : null;
        }
    }

    private static long QuietFrom(Plan plan, List<Fault> faults) =>
        Math.Max(plan.Lease.Ticks * 2, faults.Select(f => f.EndsAt).DefaultIfEmpty().Max());
}
