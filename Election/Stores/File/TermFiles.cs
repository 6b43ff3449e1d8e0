using System.Globalization;
using System.Text;

namespace AspireElection.Stores.Files;

/// <summary>The last term of an election, as one process sees it.</summary>
/// <param name="Number">The number of its file; 0 when there is none.</param>
/// <param name="Text">The file's content.</param>
/// <param name="Record">What it says; null when it is unreadable.</param>
/// <param name="SeenAt">When this process first saw this content, by its own clock.</param>
internal sealed record LastTerm(long Number, string Text, TermRecord? Record, long SeenAt)
{
    public bool SameAs(LastTerm? other) => other is not null && Number == other.Number && Text == other.Text;
}

/// <summary>The terms of one election: one numbered file each, of which the highest counts.</summary>
/// <remarks>
/// <para>
/// There is no lock that a stopped process could keep. A term begins by the exclusive creation of the file after the
/// last one, and goes on by its holder rewriting that file, which nobody else ever writes. So a renewal and a
/// takeover never look at the same file, and both follow the rule of Dekker: first write, then look at what the other
/// would have written.
/// </para>
/// <list type="bullet">
/// <item>The holder of term n renews: (R1) it replaces file n by a new version; (R2) it lists the folder. It has
/// renewed if there is no number above n, and has lost otherwise.</item>
/// <item>A candidate that saw one version of n for a whole lease takes over: (T1) it creates n+1 with content;
/// (T2) it reads n again and lists the folder. It is granted if n is still that version and there is no number
/// above n+1; otherwise it withdraws its file.</item>
/// </list>
/// <para>
/// If the renewal succeeded, R2 came before T1, hence R1 before T2: the candidate reads the new version and
/// withdraws. If the candidate was granted, T2 came before R1, hence T1 before R2: the holder sees n+1 and has lost.
/// Both can fail (the seat is then free after a lease), never both succeed. A creator that sleeps anywhere finds a
/// higher number, or a successor that finds its content changed, by the same argument one number further up.
/// Whoever was granted n+1 counts its trust from before T1, its challengers theirs from after.
/// </para>
/// <para>
/// In an empty folder the first number is the time, and who creates it is granted only if there is no other at all. A
/// write that the system held up while the folder was emptied lands below the terms of the new life, then. From 1 it
/// would land on one of them, and a late release would free a seat that somebody else trusts in.
/// </para>
/// </remarks>
internal sealed class TermFiles(string path, StoreFolder folder, TimeProvider clock)
{
    private const string Extension = ".term";

    /// <summary>Older ones are of use only to candidates that slept for as many terms.</summary>
    private const int Kept = 8;

    /// <summary>First numbers are told apart by the tenth of a second: who comes at the same time wants the same file.</summary>
    private const long Step = 100_000;

    private readonly Lock _gate = new();
    private LastTerm _last = new(0, string.Empty, null, 0);

    public LastTerm Look()
    {
        // Only a wipe removes the highest file, so that a second look is enough.
        for (var attempt = 0; ; attempt++)
        {
            var number = Highest();
            var text = number == 0 ? string.Empty : StoreFolder.TryRead(FileOf(number));
            if (text is null && attempt < 3)
                continue;
            lock (_gate)
            {
                // The time is taken after the reading: a lease counts from when the version was surely written.
                var last = new LastTerm(number, text ?? string.Empty, TermRecord.Parse(text ?? string.Empty), clock.GetTimestamp());
                return last.SameAs(_last) ? _last : _last = last;
            }
        }
    }

    /// <summary>The number of the first term in an empty folder: above those of its former lives, unless all clocks were set back.</summary>
    public static long FirstNumber(long highestToken, DateTimeOffset now) =>
        FencingToken.Next(0, highestToken, (now - DateTimeOffset.UnixEpoch).Ticks / 10) / Step * Step;

    /// <summary>Begins the term after <paramref name="last"/>; null when somebody else was faster.</summary>
    public Grant? TryTake(LastTerm last, Candidacy candidacy)
    {
        var anchor = clock.GetTimestamp();
        var number = last.Number == 0 ? FirstNumber(candidacy.HighestToken, clock.GetUtcNow()) : last.Number + 1;
        // Who slept since then would end a term by creating a later number, if only until it withdraws.
        if (last.Number == 0 && Highest() != 0)
            return null;
        if (Write(number, last, candidacy) is not { } record)
            return null;
        var unchanged = last.Number == 0 || StoreFolder.TryRead(FileOf(last.Number)) == last.Text;
        // Its own: over a folder that was emptied meanwhile the file of this number may be somebody else's.
        if (!unchanged || !IsHighest(number) || (last.Number == 0 && !IsOnly(number)) || StoreFolder.TryRead(FileOf(number)) != record.ToText())
        {
            Withdraw(number, record.ToText());
            return null;
        }

        RemoveBelow(number - Kept);
        return new Grant(new Term(candidacy.Election, candidacy.Id, record.Token), anchor);
    }

    /// <summary>Rewrites the file of a term that is still the last.</summary>
    /// <returns>False when it is not, or was not any more right after the writing.</returns>
    public bool Rewrite(Term term, Func<TermRecord, TermRecord> change)
    {
        lock (_gate)
        {
            // The gate is this process's own: a renewal that was given up must not overwrite the release after it.
            var number = Highest();
            if (TermRecord.Parse(StoreFolder.TryRead(FileOf(number)) ?? string.Empty) is not { } record || !record.IsHeldUnder(term))
                return false;
            folder.Replace(FileOf(number), (change(record) with { Version = record.Version + 1 }).ToText());
            return IsHighest(number);
        }
    }

    /// <summary>Whether this very term is in the folder, so that what came after it came with the store's word.</summary>
    public bool Remembers(long token) => Records().Any(r => r.Token == token);

    private TermRecord? Write(long number, LastTerm last, Candidacy candidacy)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(FileOf(number), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException) when (File.Exists(FileOf(number)))
        {
            // Another candidate created it first.
            return null;
        }

        var text = string.Empty;
        try
        {
            using (stream)
            {
                // After the creation: whoever creates the next file reads this token, or makes this one withdraw.
                var stored = Records().Select(r => r.Token).DefaultIfEmpty().Max();
                var now = clock.GetUtcNow();
                var token = FencingToken.Next(stored, candidacy.HighestToken, (now - DateTimeOffset.UnixEpoch).Ticks / 10);
                var lease = candidacy.LeaseDuration;
                var record = new TermRecord(
                    1, token, candidacy.Id.NodeId, candidacy.Id.Incarnation, candidacy.Address, lease, now);
                text = record.ToText();
                stream.Write(Encoding.UTF8.GetBytes(text));
                return record;
            }
        }
        catch (IOException)
        {
            // A full disk: an empty file would keep the seat from everybody for a lease.
            Withdraw(number, text);
            throw;
        }
    }

    /// <summary>Takes back a file whose term was not granted, but not what another wrote after a wipe.</summary>
    private void Withdraw(long number, string text)
    {
        var found = StoreFolder.TryRead(FileOf(number));
        if (found is not null && text.StartsWith(found, StringComparison.Ordinal))
            File.Delete(FileOf(number));
    }

    private void RemoveBelow(long number)
    {
        foreach (var old in Numbers().Where(n => n < number))
            File.Delete(FileOf(old));
    }

    private IEnumerable<TermRecord> Records() =>
        Numbers().Select(n => TermRecord.Parse(StoreFolder.TryRead(FileOf(n)) ?? string.Empty)).OfType<TermRecord>();

    /// <summary>Asks for the very next as well: a listing may be disturbed by files that come and go meanwhile.</summary>
    private bool IsHighest(long number) => Highest() == number && !File.Exists(FileOf(number + 1));

    private bool IsOnly(long number) => Numbers().All(n => n == number);

    private long Highest() => Numbers().DefaultIfEmpty().Max();

    private IEnumerable<long> Numbers()
    {
        foreach (var name in StoreFolder.Names(path, Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                yield return number;
        }
    }

    private string FileOf(long number) => Path.Combine(path, number.ToString("D16", CultureInfo.InvariantCulture) + Extension);
}
