using System.Text.Json;
using AspireElection.Timing;

namespace AspireElection.Stores.Files;

/// <summary>The members of one election: one file each, written by the member alone.</summary>
/// <remarks>
/// A member is stale when its file stayed the same for the time-out on the remover's own clock. Each list is a look at the
/// files: counted from the first attempt to remove it, a dead one would stay for a time-out more.
/// </remarks>
internal sealed class MemberFiles(string path, StoreFolder folder, TimeProvider clock)
{
    private const string Extension = ".member";

    private readonly Lock _gate = new();
    private Dictionary<string, SeenBeat<string>> _seen = [];

    public IReadOnlyList<Member> Heartbeat(Member self)
    {
        lock (_gate)
        {
            StoreFolder.Create(path);
            var file = FileOf(self.Id);
            var now = clock.GetUtcNow();
            var joined = Parse(StoreFolder.TryRead(file))?.Joined ?? now;
            var member = self with { Joined = joined, LastHeartbeat = now };
            folder.Replace(file, JsonSerializer.Serialize(member, FileJson.Default.Member));
        }

        return List();
    }

    public IReadOnlyList<Member> List()
    {
        lock (_gate)
        {
            return [.. Look().OfType<Member>()
                .OrderByDescending(m => m.Priority)
                .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
                .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal)];
        }
    }

    public void Leave(CandidateId id)
    {
        lock (_gate)
        {
            if (Directory.Exists(path))
                File.Delete(FileOf(id));
        }
    }

    public int RemoveStale(TimeSpan nodeTimeout)
    {
        lock (_gate)
        {
            Look();
            var oldest = clock.GetTimestamp() - nodeTimeout.ToTicksOf(clock);
            var stale = _seen.Where(s => s.Value.Since < oldest).Select(s => s.Key).ToList();
            foreach (var name in stale)
            {
                File.Delete(Path.Combine(path, name));
                _seen.Remove(name);
            }

            return stale.Count;
        }
    }

    /// <summary>The members in the files, null for what is none; and since when each is as it is.</summary>
    private List<Member?> Look()
    {
        var members = new List<Member?>();
        var seen = new Dictionary<string, SeenBeat<string>>();
        foreach (var (name, text) in Texts())
        {
            var member = Parse(text);
            var age = (member is null ? TimeSpan.Zero : clock.GetUtcNow() - member.LastHeartbeat).ToTicksOf(clock);
            var before = _seen.TryGetValue(name, out var known) ? known : (SeenBeat<string>?)null;
            seen[name] = SeenBeat<string>.Next(before, text, clock.GetTimestamp(), age);
            members.Add(member);
        }

        _seen = seen;
        return members;
    }

    private IEnumerable<(string Name, string Text)> Texts()
    {
        foreach (var name in StoreFolder.Names(path, Extension))
        {
            if (StoreFolder.TryRead(Path.Combine(path, name)) is { } text)
                yield return (name, text);
        }
    }

    private static Member? Parse(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, FileJson.Default.Member);
        }
        catch (JsonException)
        {
            // Damaged by a crash of the host: its owner writes it anew, or it is removed as stale.
            return null;
        }
    }

    private string FileOf(CandidateId id) => Path.Combine(
        path, $"{StoreFolder.NameOf(id.NodeId)}~{StoreFolder.Digest(id.Incarnation, 16)}{Extension}");
}
