namespace AspireElection.Dashboard.Drills;

/// <summary>What a node can be made to suffer.</summary>
/// <param name="Name">As the worker's HTTP and the form call it.</param>
/// <param name="Title">On its button.</param>
/// <param name="Lasts">Whether it lasts for a while that is chosen.</param>
internal sealed record DrillKind(string Name, string Title, bool Lasts)
{
    public static readonly DrillKind Resign = new("resign", "Resign", Lasts: false);
    public static readonly DrillKind Pause = new("pause", "Pause renewals", Lasts: true);
    public static readonly DrillKind Cut = new("cut", "Cut off from the store", Lasts: true);
    public static readonly DrillKind Kill = new("kill", "Kill the process", Lasts: false);

    public static readonly IReadOnlyList<DrillKind> All = [Resign, Pause, Cut, Kill];

    /// <summary>How long a drill may last, in seconds.</summary>
    public static readonly IReadOnlyList<int> Seconds = [5, 10, 15, 30, 60, 120];
}
