using System.Globalization;

namespace AspireElection.Benchmarks.Report;

/// <summary>Numbers as people read them in a table.</summary>
internal static class Numbers
{
    public static string Text(double? value) => value switch
    {
        null => string.Empty,
        { } number when Math.Abs(number) >= 1000 => number.ToString("N0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 100 => number.ToString("0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 10 => number.ToString("0.#", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 1 => number.ToString("0.##", CultureInfo.InvariantCulture),
        { } number => number.ToString("0.####", CultureInfo.InvariantCulture),
    };
}
