namespace AspireElection.Dashboard.Tests.Browsing;

/// <summary>Scripts that run in the page under test.</summary>
internal static class Script
{
    public static string Recorder { get; } = Read("recorder.js");

    public static string Reader { get; } = Read("reader.js");

    public static string SilentStream { get; } = Read("silent-stream.js");

    /// <summary>The accessibility rules of axe-core.</summary>
    public static string Axe { get; } = ReadFrom(typeof(Deque.AxeCore.Commons.AxeResult), "Deque.AxeCore.Commons.Resources.axe.min.js");

    private static string Read(string name) => ReadFrom(typeof(Script), name);

    private static string ReadFrom(Type type, string name)
    {
        using var stream = type.Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{type.Assembly.GetName().Name} has no resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
