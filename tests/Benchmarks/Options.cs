using System.Globalization;

namespace AspireElection.Benchmarks;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Quick">Under two minutes: few rounds, and ratios are compared with the committed ones.</param>
/// <param name="Rounds">How often each thing is done.</param>
/// <param name="Only">The parts that are wanted; empty: all.</param>
/// <param name="List">Names the parts and measures nothing.</param>
/// <param name="CommitTable">Copies the last full and the last quick run into docs, and measures nothing.</param>
internal sealed record Options(bool Quick, int Rounds, IReadOnlyList<string> Only, bool List, bool CommitTable)
{
    private const int MostRounds = 10_000;

    /// <summary>Throws <see cref="FormatException"/> with a line for people where something is wrong.</summary>
    public static Options Parse(string[] arguments, IReadOnlyList<string> parts)
    {
        var (quick, list, commit) = (false, false, false);
        int? rounds = null;
        var only = new List<string>();
        var left = new Queue<string>(arguments);
        while (left.TryDequeue(out var flag))
        {
            switch (flag)
            {
                case "--quick": quick = true; break;
                case "--list": list = true; break;
                case "--commit-table": commit = true; break;
                case "--rounds": rounds = Count(Value(flag, left)); break;
                case "--only": only.Add(Known(Value(flag, left), parts)); break;
                default: throw new FormatException($"{flag} is no flag of the benchmarks: see ./run bench --help");
            }
        }

        return new Options(quick, rounds ?? (quick ? 20 : 100), only, list, commit);
    }

    private static string Value(string flag, Queue<string> left) =>
        left.TryDequeue(out var value) && value.Length > 0 ? value : throw new FormatException($"{flag} needs a value: see ./run bench --help");

    private static int Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostRounds
            ? count
            : throw new FormatException($"--rounds is a number from 1 to {MostRounds}, not '{text}'");

    private static string Known(string part, IReadOnlyList<string> parts) =>
        parts.Contains(part) ? part : throw new FormatException($"--only: there is no part '{part}'; there are {string.Join(", ", parts)}");
}
