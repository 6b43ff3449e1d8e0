using System.Runtime.InteropServices;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>Linux signals, which .NET cannot send by itself.</summary>
internal static class Signal
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>A process that has ended meanwhile is no error: that is what the sender wanted or what the test will see.</summary>
    public static void Send(int process, int signal) => _ = KillNative(process, signal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int KillNative(int process, int signal);
}
