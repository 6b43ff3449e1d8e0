using System.Runtime.InteropServices;
using AspireElection.Timing;
using AspireElection.Workers.Output;

namespace AspireElection.Workers.Demos;

/// <summary>What a worker shows when it is told <c>demo</c> instead of settings.</summary>
internal static class Demo
{
    public const string Verb = "demo";

    /// <summary>Runs a demo to its end, or to the first signal: 0 unless something did not happen that it shows.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        Func<DemoScreen, CancellationToken, Task<int>>? demo = arguments switch
        {
            [] => FileDemo.RunAsync,
            ["fanout"] => (screen, stopping) => FanOutDemo.RunAsync(screen, BootClock.Instance, stopping),
            _ => null,
        };
        if (demo is null)
            return Help(arguments is ["--help" or "-h"] ? null : $"{string.Join(' ', arguments)} is no demo; there are:");
        await using var output = Console.OpenStandardOutput();
        using var lines = new LineWriter(output);
        using var stopping = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stopping);
        using var hangUp = StopOn(PosixSignal.SIGHUP, stopping);
        using var terminate = StopOn(PosixSignal.SIGTERM, stopping);
        return await demo(new DemoScreen(lines, DemoScreen.HasColours), stopping.Token);
    }

    public static string HelpText()
    {
        using var text = new StreamReader(typeof(Demo).Assembly.GetManifestResourceStream("Demos/help.txt")!);
        return text.ReadToEnd();
    }

    private static int Help(string? problem)
    {
        var to = problem is null ? Console.Out : Console.Error;
        if (problem is not null)
            to.WriteLine(problem);
        to.Write(HelpText());
        return problem is null ? 0 : OrderlyExit.WrongSettings;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stopping) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The demo ends what it has started; being ended here would leave that behind.
            context.Cancel = true;
            stopping.Cancel();
        });
}
