using System.Globalization;

namespace AspireElection.Benchmarks;

/// <summary>Names the parts, and how long each takes.</summary>
internal static class Catalogue
{
    public static int Print(Options options)
    {
        var run = new Run(options.Quick, options.Rounds, new Servers());
        foreach (var part in Parts.All)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Name,-20} {(part.IsQuick ? "quick" : string.Empty),-6} about {part.Estimate(run).TotalSeconds:0} s"));
        return 0;
    }
}
