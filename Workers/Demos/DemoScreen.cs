using AspireElection.Workers.Output;

namespace AspireElection.Workers.Demos;

/// <summary>Lines of several nodes in one terminal: one prefix and, where somebody sees it, one colour each.</summary>
internal sealed class DemoScreen(LineWriter lines, bool colours)
{
    private const string Bold = "1";

    private static readonly string[] Colours = ["36", "33", "35", "32", "34"];

    /// <summary>Whether somebody sees colours: at a terminal, unless NO_COLOR is set.</summary>
    public static bool HasColours => !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>What the demo itself has to say.</summary>
    public void Say(string text) => lines.Write(Painted($"▶ {text}", Bold));

    /// <summary>What node <paramref name="number"/> (from 1) has to say.</summary>
    public void Line(int number, string text) => lines.Write($"{Painted($"n{number} │", Colours[(number - 1) % Colours.Length])} {text}");

    private string Painted(string text, string colour) => colours ? $"\e[{colour}m{text}\e[0m" : text;
}
