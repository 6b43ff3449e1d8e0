using System.Text.Json;
using AspireElection.Timing;

namespace AspireElection.Stores.Files;

/// <summary>The members of one election: one file each, written by the member alone.</summary>
/// <remarks>A member is stale when its file stayed the same for the time-out on the remover's own clock.</remarks>
internal sealed class MemberFiles(string path, StoreFolder folder, TimeProvider clock)
{
    private const string Extension = ".member";

    private readonly Lock _gate = new();
    private Dictionary<string, (string Text, long SeenAt)> _seen = [];

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

    public IReadOnlyList<Member> List() =>
        [.. Texts().Select(f => Parse(f.Text)).OfType<Member>()
            .OrderByDescending(m => m.Priority)
            .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
            .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal)];

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
            var now = clock.GetTimestamp();
            var seen = new Dictionary<string, (string Text, long SeenAt)>();
            var removed = 0;
            foreach (var (name, text) in Texts())
            {
                var since = _seen.TryGetValue(name, out var before) && before.Text == text ? before.SeenAt : now;
                if (now - since <= nodeTimeout.ToTicksOf(clock))
                {
                    seen[name] = (text, since);
                    continue;
                }

                File.Delete(Path.Combine(path, name));
                removed++;
            }

            _seen = seen;
            return removed;
        }
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
