namespace AspireElection.FaultNodes;

/// <summary>Many candidates in one process.</summary>
internal static class Crowd
{
    public const string Word = "crowd";

    public static Task<int> RunAsync(string[] arguments) => Task.FromResult(arguments.Length);
}
