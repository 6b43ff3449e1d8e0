using System.Globalization;

namespace AspireElection.Faults.Harness;

/// <summary>What a process uses, as the system counts it.</summary>
/// <param name="Megabytes">Resident memory.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Handles">Its open files and sockets.</param>
internal sealed record ProcessSize(double Megabytes, int Threads, int Handles)
{
    /// <summary>Null for a process that has ended.</summary>
    public static ProcessSize? Of(int process)
    {
        try
        {
            var status = File.ReadLines($"/proc/{process}/status")
                .Select(line => line.Split(':', 2))
                .ToDictionary(pair => pair[0], pair => pair[1].Trim());
            if (!status.TryGetValue("VmRSS", out var resident))
                return null;
            return new ProcessSize(
                long.Parse(resident.Split(' ')[0], CultureInfo.InvariantCulture) / 1024.0,
                int.Parse(status["Threads"], CultureInfo.InvariantCulture),
                Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count());
        }
        catch (IOException)
        {
            return null;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Megabytes:0} MB, {Threads} threads, {Handles} handles");
}
