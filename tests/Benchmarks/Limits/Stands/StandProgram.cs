using System.Diagnostics;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>How a stand is started.</summary>
/// <param name="Name">For error messages.</param>
/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments; the name of the node is the last.</param>
/// <param name="Connection">The connection string of its store, handed over by environment variable.</param>
internal sealed record StandProgram(string Name, string File, IReadOnlyList<string> Arguments, string Connection)
{
    /// <summary>How long any answer of it is waited for.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>This program itself: see <see cref="StandCommand"/>.</summary>
    /// <param name="kind">What stands.</param>
    /// <param name="store">Where.</param>
    /// <param name="connection">Its connection string.</param>
    /// <param name="seat">What for; those that are measured at the same time have one each.</param>
    public static StandProgram Of(string kind, string store, string connection, string seat = "stand") => new(
        $"{kind} {store}", "dotnet", [typeof(StandProgram).Assembly.Location, StandCommand.Word, kind, store, seat], connection);

    public ProcessStartInfo InfoOf(string node) => new(File, [.. Arguments, node])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { [StandCommand.Connection] = Connection },
    };
}
