using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Storage;

/// <summary>
/// What a peer must not forget of one election: term, vote and promise, the log, and the snapshot before it. One file; what
/// is to be stored together is one frame, so that a crash leaves all of it or nothing.
/// </summary>
internal sealed class GroupLog : IDisposable
{
    private const byte Format = 1;

    /// <summary>Term, vote and lease changes alone make the file grow as well: it is rewritten from here on.</summary>
    private const long LongestFile = 8 * 1024 * 1024;

    private readonly string _path;
    private readonly byte[] _header;
    private readonly List<LogEntry> _entries = [];
    private HardState? _hard;
    private Snapshot? _snapshot;
    private FrameFile? _file;
    private long _liveBytes;

    private GroupLog(string path, byte[] header)
    {
        _path = path;
        _header = header;
    }

    private enum Part : byte
    {
        End,
        HardState,
        Cut,
        Entry,
        Snapshot,
    }

    /// <summary>What was found.</summary>
    public RestoredState Restored => new(_hard, _snapshot, [.. _entries]) { Forgotten = Forgotten };

    /// <summary>
    /// The log was damaged once, and no leader has brought it up to date since. A file beside the log keeps that in mind
    /// when the log itself is moved away: an empty peer that voted at once could elect a second leader.
    /// </summary>
    public bool Forgotten { get; private set; }

    /// <summary>How many bytes of an interrupted write were cut off.</summary>
    public long CutOff { get; private set; }

    public long LastIndex => _entries.Count > 0 ? _entries[^1].Index : _snapshot?.Index ?? 0;

    public long LastTerm => _entries.Count > 0 ? _entries[^1].Term : _snapshot?.Term ?? 0;

    /// <summary>The entries behind an index.</summary>
    public IEnumerable<LogEntry> After(long index) => _entries.Where(e => e.Index > index);

    /// <summary>How many bytes the entries behind an index hold.</summary>
    public long SizeAfter(long index)
    {
        var size = 0L;
        for (var i = _entries.Count - 1; i >= 0 && _entries[i].Index > index; i--)
            size += _entries[i].Data.Length;
        return size;
    }

    /// <summary>Reads the file, which comes into being with the first that is stored.</summary>
    /// <param name="path">The file.</param>
    /// <param name="peer">Whose it is.</param>
    /// <param name="election">Of which election.</param>
    /// <param name="afterFailure">
    /// A write of this process failed: what is read may be in the cache alone, and would never be written again. The file
    /// is written anew.
    /// </param>
    /// <exception cref="StoreUnavailableException">It is damaged, or another peer's; the message says what to do.</exception>
    public static GroupLog Open(string path, string peer, string election, bool afterFailure = false)
    {
        var log = new GroupLog(path, Bytes.Write(w =>
        {
            w.Write(Format);
            w.Write(peer);
            w.Write(election);
        }));
        try
        {
            log.Forgotten = File.Exists(log.MarkPath);
            if (File.Exists(path))
            {
                log.Load();
                if (afterFailure)
                    log.Rewrite();
            }

            return log;
        }
        catch (InvalidDataException damaged)
        {
            log.Dispose();
            log.Mark();
            throw new StoreUnavailableException(
                $"quorum: the log '{path}' cannot be used: {damaged.Message}. See that all other peers run and that one of them leads, then move this file away "
                + "and start this node again: it gets everything from them, and does not vote before. "
                + $"Only where no peer has a log any more, remove '{Path.GetFileName(log.MarkPath)}' beside it as well");
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Stores what the protocol asks for; it is on the disk when this returns.</summary>
    public void Store(Ready ready)
    {
        Remember(ready);
        if (ready.Snapshot is not null || _file is null || (_file.Length > LongestFile && _file.Length > _liveBytes * 4))
        {
            Rewrite();
            return;
        }

        _file.Append(Bytes.Write(w =>
        {
            if (ready.HardState is { } hard)
                WriteHard(w, hard);
            if (ready.CutFrom is { } cut)
            {
                w.Write((byte)Part.Cut);
                w.Write(cut);
            }

            foreach (var entry in ready.Entries)
                WriteEntry(w, entry);
            w.Write((byte)Part.End);
        }));
    }

    /// <summary>A leader has; from now on this peer votes again.</summary>
    public void BroughtUpToDate()
    {
        File.Delete(MarkPath);
        FolderSync.Flush(Path.GetDirectoryName(_path)!);
        Forgotten = false;
    }

    public void Dispose() => _file?.Dispose();

    private string MarkPath => Path.Combine(Path.GetDirectoryName(_path)!, "forgotten");

    private void Mark()
    {
        using (var mark = new FileStream(MarkPath, FileMode.OpenOrCreate, FileAccess.Write))
            mark.Flush(flushToDisk: true);
        FolderSync.Flush(Path.GetDirectoryName(_path)!);
    }

    private void Remember(Ready ready)
    {
        _hard = ready.HardState ?? _hard;
        if (ready.Snapshot is { } snapshot)
        {
            _snapshot = snapshot;
            _entries.RemoveAll(e => e.Index <= snapshot.Index);
        }

        if (ready.CutFrom is { } cut)
            _entries.RemoveAll(e => e.Index >= cut);
        _entries.AddRange(ready.Entries);
    }

    private void Rewrite()
    {
        var frames = new List<byte[]>
        {
            _header,
            Bytes.Write(w =>
            {
                if (_snapshot is { } snapshot)
                {
                    w.Write((byte)Part.Snapshot);
                    w.Write(snapshot);
                }

                if (_hard is { } hard)
                    WriteHard(w, hard);
                w.Write((byte)Part.End);
            }),
        };
        frames.AddRange(_entries.Select(entry => Bytes.Write(w =>
        {
            WriteEntry(w, entry);
            w.Write((byte)Part.End);
        })));
        FolderSync.Create(Path.GetDirectoryName(_path)!);
        // Not every system replaces a file that is open.
        _file?.Dispose();
        _file = null;
        FrameFile.Replace(_path, frames);
        _file = FrameFile.Open(_path, out _, out _);
        _liveBytes = _file.Length;
    }

    private void Load()
    {
        _file = FrameFile.Open(_path, out var frames, out var cutOff);
        CutOff = cutOff;
        _liveBytes = _file.Length;
        if (frames.Count == 0)
            throw new InvalidDataException("its beginning is damaged");
        if (!frames[0].AsSpan().SequenceEqual(_header))
            throw new InvalidDataException("it belongs to another peer, another election or another version");
        foreach (var frame in frames.Skip(1))
        {
            if (Bytes.TryRead(frame, Read) is null)
                throw new InvalidDataException("a record of it makes no sense");
        }
    }

    private GroupLog? Read(BinaryReader reader)
    {
        while (true)
        {
            switch ((Part)reader.ReadByte())
            {
                case Part.End:
                    return this;
                case Part.HardState:
                    _hard = reader.ReadHardState();
                    break;
                case Part.Cut:
                    var cut = reader.ReadInt64();
                    _entries.RemoveAll(e => e.Index >= cut);
                    break;
                case Part.Entry:
                    _entries.Add(reader.ReadEntry());
                    break;
                case Part.Snapshot:
                    _snapshot = reader.ReadSnapshot();
                    break;
                default:
                    return null;
            }
        }
    }

    private static void WriteHard(BinaryWriter writer, HardState hard)
    {
        writer.Write((byte)Part.HardState);
        writer.Write(hard);
    }

    private static void WriteEntry(BinaryWriter writer, LogEntry entry)
    {
        writer.Write((byte)Part.Entry);
        writer.Write(entry);
    }
}
