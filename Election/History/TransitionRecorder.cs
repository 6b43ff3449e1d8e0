using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection.History;

/// <summary>
/// Writes how each of a candidate's terms began, and leaves a farewell when one ends. All of it beside the term: no
/// drain, no release and no renewal waits for it, and what fails here costs history and nothing else.
/// </summary>
internal sealed class TransitionRecorder(
    ILedger ledger, LeadershipTimes times, TimeProvider clock, ElectionThreads threads, SemaphoreSlim turns, ILogger logger)
{
    private readonly Lock _gate = new();
    private TermRecording? _newest;

    /// <summary>Whether somebody tells of the first job (<see cref="JobsBegin"/>); else the work begins with the term.</summary>
    public bool TellsOfJobs { get; init; }

    /// <summary>Whether there is work beside jobs.</summary>
    public bool HasWork { get; init; }

    /// <summary>Work of a term that is over at once: the rest goes on by itself, so that no drain waits for it.</summary>
    public Task BeginAsync(Leadership held)
    {
        if (RecordingOf(held) is not { } recording)
            return Task.CompletedTask;
        if (HasWork && !TellsOfJobs)
            recording.JobsBegin();
        recording.Start(TellsOfJobs || HasWork, threads);
        return Task.CompletedTask;
    }

    /// <summary>The first job of the term begins, or none was due and all stand ready; told again it changes nothing.</summary>
    public void JobsBegin(Leadership held) => RecordingOf(held)?.JobsBegin();

    /// <summary>Jobs may begin before the recording does. Null for a term whose jobs outlive it.</summary>
    private TermRecording? RecordingOf(Leadership held)
    {
        lock (_gate)
        {
            if (_newest is null || _newest.Held.Token < held.Token)
                _newest = new TermRecording(held, ledger, times, clock, turns, logger);
            return _newest.Held == held ? _newest : null;
        }
    }
}
