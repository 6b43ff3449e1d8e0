using System.Globalization;
using System.Text.Json;

namespace AspireElection.Stores.Files;

/// <summary>Everything that was written under an election, as of one term.</summary>
internal sealed record LedgerDocument(Dictionary<string, string> Values, Dictionary<string, List<string>> Logs)
{
    public void Append(string log, string entry, int keep)
    {
        if (!Logs.TryGetValue(log, out var entries))
            Logs[log] = entries = [];
        entries.Add(entry);
        entries.RemoveRange(0, Math.Max(0, entries.Count - keep));
    }
}

/// <summary>What the leaders of one election wrote: one whole document for each term that wrote.</summary>
/// <remarks>
/// <para>
/// Readers take the document of the highest token. A term writes only its own, so that an old one can never overwrite
/// what a newer wrote. A term begins to write by (W1) putting up its fence, an empty file with token and holder in its
/// name, and (W2) taking over the highest document below. Each write (V1) replaces the own document in one step and
/// (V2) looks for fences: there is a newer one, or the same token of another holder, and the write is refused.
/// </para>
/// <para>
/// A write that was not refused came before the successor's fence (V2 before W1), hence is part of what the
/// successor takes over. A write that comes after the successor's first document is never read. One that falls
/// between fence and document is refused, although the successor may have taken it over: its writer was overtaken in
/// the middle and must stop either way.
/// </para>
/// <para>Documents are flushed to the disk, and stay small: job states and bounded logs.</para>
/// </remarks>
internal sealed class LedgerFiles(string path, StoreFolder folder)
{
    private const string FenceExtension = ".fence";
    private const string DocumentExtension = ".ledger";

    /// <summary>A reader is overtaken by a new term only as often as terms change.</summary>
    private const int ReadAttempts = 10;

    private readonly Lock _gate = new();

    public LedgerDocument Read()
    {
        for (var attempt = 1; ; attempt++)
        {
            var newest = Names(DocumentExtension).OrderByDescending(name => name.Token).FirstOrDefault();
            if (newest == default)
                return new LedgerDocument([], []);
            if (StoreFolder.TryRead(FileOf(newest, DocumentExtension)) is { } text)
                return Parse(newest, text);
            if (attempt == ReadAttempts)
                throw new IOException($"The ledger in '{path}' vanishes while it is read.");
        }
    }

    public void Write(Term term, Action<LedgerDocument> change)
    {
        lock (_gate)
        {
            var own = (term.Token, Holder: StoreFolder.Digest(term.Candidate.ToString(), 16));
            Pass(term, own);
            var first = !File.Exists(FileOf(own, DocumentExtension));
            if (first)
                PutUpFence(term, own);
            var document = Read();
            change(document);
            folder.Replace(
                FileOf(own, DocumentExtension), JsonSerializer.Serialize(document, FileJson.Default.LedgerDocument), durable: true);
            Pass(term, own);
            if (first)
                RemoveBelow(own.Token);
        }
    }

    private void PutUpFence(Term term, (long Token, string Holder) own)
    {
        StoreFolder.Create(path);
        var fence = FileOf(own, FenceExtension);
        using (new FileStream(fence, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
        }

        try
        {
            Pass(term, own);
        }
        catch (StaleTermException)
        {
            // Of two holders of one token, both refused, none may keep the other out for ever.
            File.Delete(fence);
            throw;
        }
    }

    private void Pass(Term term, (long Token, string Holder) own)
    {
        foreach (var other in Names(FenceExtension).Concat(Names(DocumentExtension)))
        {
            if (other.Token > own.Token || (other.Token == own.Token && other.Holder != own.Holder))
                throw new StaleTermException(term);
        }
    }

    private void RemoveBelow(long token)
    {
        foreach (var extension in (string[])[DocumentExtension, FenceExtension])
        {
            foreach (var old in Names(extension).Where(name => name.Token < token))
                File.Delete(FileOf(old, extension));
        }
    }

    private LedgerDocument Parse((long Token, string Holder) name, string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, FileJson.Default.LedgerDocument)!;
        }
        catch (JsonException damage)
        {
            // Never taken for an empty ledger: jobs would run a second time.
            throw new IOException($"The ledger '{FileOf(name, DocumentExtension)}' is damaged: {damage.Message}", damage);
        }
    }

    private IEnumerable<(long Token, string Holder)> Names(string extension)
    {
        foreach (var name in StoreFolder.Names(path, extension))
        {
            var parts = Path.GetFileNameWithoutExtension(name).Split('~');
            if (parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var token))
                yield return (token, parts[1]);
        }
    }

    private string FileOf((long Token, string Holder) name, string extension) =>
        Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{name.Token:D16}~{name.Holder}{extension}"));
}
