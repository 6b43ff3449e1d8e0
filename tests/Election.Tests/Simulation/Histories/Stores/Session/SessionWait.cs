using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A candidate's way from the end of the line to its term, as the PostgreSQL store goes it.</summary>
internal sealed class SessionWait(ClientSession session, Candidacy candidacy, TimeProvider clock, WorldMistake mistake)
{
    private const int Remembered = 64;

    private readonly Queue<int> _steppedBackFor = new();
    private long _steppedBackAfter;
    private long _outlasted;
    private long _linedUpAt;

    public async Task<Grant> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _linedUpAt = clock.GetTimestamp();
            if (await session.LineUpAsync(cancellationToken) && await TakeAsync(cancellationToken) is { } grant)
                return grant;
        }
    }

    private async Task<Grant?> TakeAsync(CancellationToken cancellationToken)
    {
        if (mistake == WorldMistake.NoTermStatement)
            return new Grant(new Term(candidacy.Election, candidacy.Id, candidacy.HighestToken + 1), clock.GetTimestamp());
        while (true)
        {
            var alive = AliveTerm(out var until);
            var anchor = clock.GetTimestamp();
            var answer = await session.TakeAsync(candidacy, alive, _outlasted, _steppedBackFor.ToArray(), _steppedBackAfter, cancellationToken);
            if (mistake == WorldMistake.AnchorIsTheGrantsArrival)
                anchor = clock.GetTimestamp();
            else if (mistake == WorldMistake.AnchorIsBeforeTheWait)
                anchor = _linedUpAt;
            if (answer.Token != 0)
                return new Grant(new Term(candidacy.Election, candidacy.Id, answer.Token), anchor);
            if (answer.Better != 0)
            {
                if (answer.LastToken != _steppedBackAfter)
                    _steppedBackFor.Clear();
                _steppedBackAfter = answer.LastToken;
                if (_steppedBackFor.Count == Remembered)
                    _steppedBackFor.Dequeue();
                _steppedBackFor.Enqueue(answer.Better);
                await session.StepBackAsync(cancellationToken);
                return null;
            }

            if (answer.Outlast == 0)
            {
                await HoldUntilAsync(until, cancellationToken);
                continue;
            }

            await HoldUntilAsync(clock.After(answer.Left), cancellationToken);
            _outlasted = answer.Outlast;
        }
    }

    private long AliveTerm(out long until)
    {
        until = 0;
        if (candidacy.LastSeen is not { Leader: { } leader } seen || leader.Incarnation == candidacy.Id.Incarnation)
            return 0;
        until = seen.EndsAt;
        return clock.Until(seen.EndsAt) > TimeSpan.Zero ? leader.Term : 0;
    }

    /// <summary>Holds the lock without a term, so that nobody else has to wait it out again.</summary>
    private async Task HoldUntilAsync(long timestamp, CancellationToken cancellationToken)
    {
        while (clock.Until(timestamp) is var left && left > TimeSpan.Zero)
        {
            var slice = session.Lease / 3;
            await Task.Delay((left < slice ? left : slice).ForTimer(), clock, cancellationToken);
            await session.BeatAsync(session.Lease, cancellationToken);
        }
    }
}
