using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AspireElection.Faults.Harness;

/// <summary>How large the system lets a process make its files: beyond it a write fails as on a full disk.</summary>
internal static class FileSizeLimit
{
    private const int FileSize = 1;
    private const ulong Unlimited = ulong.MaxValue;

    /// <param name="process">Whose files; the limit of a living process can be moved to and fro without privilege.</param>
    /// <param name="bytes">Null: as large as the disk.</param>
    public static void Set(int process, ulong? bytes)
    {
        var limit = new Limit { Now = bytes ?? Unlimited, AtMost = Unlimited };
        if (SetLimit(process, FileSize, in limit, IntPtr.Zero) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int process, int resource, in Limit newLimit, IntPtr oldLimit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Now;
        public ulong AtMost;
    }
}
