namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Many histories, each from a seed of its own.</summary>
internal static class Exploration
{
    /// <summary>One history; null when no checker found anything.</summary>
    public static Failure? Run(ulong seed, StoreKind kind, WorldMistake mistake = WorldMistake.None) =>
        new History(PlanDrawing.Draw(seed, kind, mistake)).Run();
}
