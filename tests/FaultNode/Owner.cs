using System.Diagnostics;
using System.Globalization;

namespace AspireElection.FaultNodes;

/// <summary>Ends this process when the test that started it is gone: a killed test must leave nobody behind.</summary>
internal static class Owner
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public static void Watch()
    {
        if (Environment.GetEnvironmentVariable(Variables.Owner) is not { } owner)
            return;
        var process = int.Parse(owner, CultureInfo.InvariantCulture);
        new Thread(() => Outlast(process)) { IsBackground = true, Name = "owner" }.Start();
    }

    private static void Outlast(int process)
    {
        while (Directory.Exists($"/proc/{process}"))
            Thread.Sleep(Period);
        // At once: an orderly stop would wait for servers that are gone as well.
        Process.GetCurrentProcess().Kill();
    }
}
