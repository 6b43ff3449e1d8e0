using System.Runtime.InteropServices;

namespace AspireElection.Timing;

/// <summary>
/// A <see cref="TimeProvider"/> whose timestamps go on while the host is suspended. The clocks that .NET offers stand
/// still in a suspend on Linux: a leader would wake up and trust in a lease that ended hours ago.
/// </summary>
/// <remarks>
/// Linux: <c>CLOCK_BOOTTIME</c>; Windows: the performance counter; macOS: <c>CLOCK_MONOTONIC_RAW</c>. Timers are the
/// system's and do stand still, therefore waits for a deadline are cut into slices and look at the clock after each.
/// </remarks>
public sealed partial class BootClock : TimeProvider
{
    private const int LinuxBootTime = 7;
    private const int MacMonotonicRaw = 4;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly int ClockId = OperatingSystem.IsLinux() ? LinuxBootTime
        : OperatingSystem.IsMacOS() ? MacMonotonicRaw
        : -1;

    private BootClock()
    {
    }

    /// <summary>The one clock of the process.</summary>
    public static BootClock Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => ClockId >= 0 ? NanosecondsPerSecond : base.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (ClockId < 0)
            return base.GetTimestamp();
        if (ClockGetTime(ClockId, out var time) != 0)
            throw new InvalidOperationException($"The clock {ClockId} of this system cannot be read.");
        return time.Seconds * NanosecondsPerSecond + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int ClockGetTime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
