using System.Threading.Channels;
using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;
using AspireElection.Stores.Quorum.Storage;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <summary>
/// One election at this peer: a loop of its own, which alone touches the protocol's state, stores what has to be stored
/// before anything that follows from it is sent, and tells those who wait.
/// </summary>
/// <remarks>
/// A disk that fails ends the loop as a crash would: what was not stored was not said. It begins anew from the disk after
/// a while; until then every call says what is wrong.
/// </remarks>
internal sealed partial class Group : IAsyncDisposable
{
    /// <summary>Calls and messages that wait for the loop.</summary>
    private const int MostWork = 4096;

    /// <summary>Who is slow is given the newest.</summary>
    private const int ObserverCapacity = 4;

    /// <summary>So many entries, or characters of them, and a snapshot takes their place.</summary>
    private const int EntriesPerSnapshot = 1000;
    private const int SizePerSnapshot = 1024 * 1024;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly string _election;
    private readonly PeerList _peers;
    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly IGroupSurroundings _around;
    private readonly long _origin;
    private readonly Channel<Work> _work = Channel.CreateBounded<Work>(new BoundedChannelOptions(MostWork) { SingleReader = true });
    private readonly Wake _wake;
    private readonly CancellationTokenSource _closing = new();
    private readonly FanOut<Sighting> _observers;
    private readonly Candidacies _candidacies;
    private readonly Task _running;

    private volatile IReadOnlyCollection<string> _eligible;
    private volatile StoreUnavailableException? _trouble;
    private GroupLog _log = null!;
    private RaftState _raft = null!;
    private ElectionState _state = new();
    private Standing? _stood;
    private long _lookAt = long.MaxValue;
    private long _appliedTo;
    private long _snapshotAt;
    private long _sizeSinceSnapshot;

    public Group(
        string election, PeerList peers, string path, TimeProvider clock, Random random, IGroupSurroundings around, Action dropped)
    {
        _election = election;
        _peers = peers;
        _path = path;
        _clock = clock;
        _random = random;
        _around = around;
        _eligible = peers.Initial;
        _origin = clock.GetTimestamp();
        _wake = new Wake(clock, Slice);
        _observers = new FanOut<Sighting>(ObserverCapacity, dropped);
        _candidacies = new Candidacies(clock);
        _running = RunAsync();
    }

    /// <summary>Who may stand and vote, as this peer knows it.</summary>
    public IReadOnlyCollection<string> Eligible => _eligible;

    private TimeSpan Now => _clock.GetElapsedTime(_origin);

    /// <summary>A message of another peer. Dropped when too many wait: whoever sent it will say it again.</summary>
    public void Hear(RaftMessage message)
    {
        if (_trouble is null && _work.Writer.TryWrite(new Work(() => _raft.Step(Now, message), static _ => { })))
            _wake.Set();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _wake.Set();
        await _running;
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                using (Begin())
                    await TurnAsync();
            }
            catch (Exception failure)
            {
                // Whatever it was: a loop that ended without a word would leave every caller waiting.
                Fail(failure as StoreUnavailableException ?? new StoreUnavailableException(
                    failure is IOException or UnauthorizedAccessException
                        ? $"quorum: the log '{_path}' cannot be written: {failure.Message.ReplaceLineEndings(" ")}"
                        : $"quorum: {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}",
                    failure));
                _around.Failed(_election, _trouble!.Message);
                await _wake.WaitUntilAsync(_clock.After(PauseAfterFailure));
            }
        }

        End();
    }

    private GroupLog Begin()
    {
        _log = GroupLog.Open(_path, _peers.Self, _election, afterFailure: _trouble is not null);
        if (_log.CutOff > 0)
            _around.CutOff(_election, _path, _log.CutOff);
        var restored = _log.Restored;
        _raft = new RaftState(
            new RaftSettings { Self = _peers.Self, Peers = _peers.All, InitialEligible = _peers.Initial }, restored, _random, Now);
        _state = restored.Snapshot is { } snapshot ? ElectionState.Load(snapshot.Data) : new ElectionState();
        _appliedTo = _snapshotAt = restored.Snapshot?.Index ?? 0;
        _sizeSinceSnapshot = 0;
        _stood = null;
        ForgetSeat();
        _trouble = null;
        return _log;
    }

    private async Task TurnAsync()
    {
        Settle();
        while (!_closing.IsCancellationRequested)
        {
            while (_work.Reader.TryRead(out var work))
            {
                work.Run();
                Settle();
                TickIfDue();
            }

            TickIfDue();
            await _wake.WaitUntilAsync(Math.Min(_lookAt, Math.Min(ToTimestamp(_raft.WakeAt), NextLook)));
        }
    }

    private void TickIfDue()
    {
        if (Now >= _raft.WakeAt)
            _raft.Tick(Now);
        LookAgain();
        Settle();
    }

    /// <summary>Does what the protocol asks for until it asks for nothing more.</summary>
    private void Settle()
    {
        do
        {
            while (_raft.TakeReady() is { } ready)
                Do(ready);
        }
        while (StandForBest());
        // All that the leader brought is stored by now.
        if (_log.Forgotten && !_raft.HasForgotten)
            _log.BroughtUpToDate();
        if (!_raft.Eligible.SequenceEqual(_eligible))
            _eligible = [.. _raft.Eligible];
        TellSeat();
    }

    private void Do(Ready ready)
    {
        if (ready.MustStore)
            _log.Store(ready);
        foreach (var message in ready.Messages)
            _around.Send(_election, message);
        if (ready.Restores)
        {
            _state = ElectionState.Load(ready.Snapshot!.Data);
            _appliedTo = _snapshotAt = ready.Snapshot.Index;
            _sizeSinceSnapshot = 0;
        }

        foreach (var entry in ready.Committed)
            Apply(entry);
        foreach (var news in ready.Events)
            Hear(news);
        if (_appliedTo - _snapshotAt >= EntriesPerSnapshot || _sizeSinceSnapshot >= SizePerSnapshot)
        {
            _raft.Compact(_appliedTo, _state.Save());
            _snapshotAt = _appliedTo;
            _sizeSinceSnapshot = 0;
        }
    }

    private void Apply(LogEntry entry)
    {
        _state.Apply(entry);
        _appliedTo = entry.Index;
        _sizeSinceSnapshot += entry.Data.Length;
        Proposed(entry);
    }

    private void Hear(RaftEvent news)
    {
        switch (news)
        {
            case Elected elected:
                Grant(elected);
                break;
            case Lost lost:
                Lose(lost);
                break;
            case RoundConfirmed round:
                Confirmed(round);
                break;
            case LeaderSeen seen:
                Promised(seen.Term, seen.Until);
                break;
            case SeatVacated vacated:
                Vacated(vacated.Term);
                break;
            case MajorityMissing missing:
                _around.Majority(_election, missing.Reachable, missing.Eligible);
                break;
            case MajorityBack:
                _around.Majority(_election, _eligible.Count, _eligible.Count);
                break;
        }
    }

    /// <summary>The best that waits here stands for this peer.</summary>
    /// <returns>Whether the protocol was told something new.</returns>
    private bool StandForBest()
    {
        var best = _candidacies.Best(_raft.Term, out _lookAt);
        var standing = best is null ? null : _candidacies.StandingOf(best);
        if (standing == _stood)
            return false;
        _stood = standing;
        if (standing is null)
            _raft.Withdraw(Now);
        else
            _raft.Stand(Now, standing);
        return true;
    }

    private void Grant(Elected elected)
    {
        // The protocol stands for nobody now; who else waits here stands anew.
        _stood = null;
        var holder = Holder.Parse(elected.Holder)!;
        if (_candidacies.Take(holder) is { } waiting &&
            waiting.Granted.TrySetResult(new Grant(new Term(_election, holder.Id, elected.Term), ToTimestamp(elected.AnchoredAt))))
        {
            _held = (elected.Term, holder.Id);
            _holder = waiting.Candidacy;
            return;
        }

        // It left the line while it was being elected: nobody may be kept from the seat for that.
        _raft.Transfer(Now, elected.Term);
    }

    /// <summary>Everybody who waits is told; nothing that the protocol knew is used any more.</summary>
    private void Fail(StoreUnavailableException trouble)
    {
        _trouble = trouble;
        ForgetCalls(trouble);
        while (_work.Reader.TryRead(out var work))
            work.Fail(trouble);
    }

    private void End()
    {
        _work.Writer.TryComplete();
        var ended = new ObjectDisposedException(nameof(QuorumStore));
        ForgetCalls(ended);
        while (_work.Reader.TryRead(out var work))
            work.Fail(ended);
        _observers.Complete(ended);
    }

    private long ToTimestamp(TimeSpan now) => now == TimeSpan.MaxValue ? long.MaxValue : _origin + now.ToTicksOf(_clock);

    private sealed record Work(Action Run, Action<Exception> Fail);
}

/// <summary>What a group needs of its peer; no member may block or throw.</summary>
internal interface IGroupSurroundings
{
    void Send(string election, RaftMessage message);

    void CutOff(string election, string path, long bytes);

    void Failed(string election, string trouble);

    /// <summary>How many eligible peers were reached lately, this one included.</summary>
    void Majority(string election, int reachable, int eligible);
}
