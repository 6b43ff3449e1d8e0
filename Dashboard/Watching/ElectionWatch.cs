using AspireElection.History;
using AspireElection.Jobs;

namespace AspireElection.Dashboard.Watching;

/// <summary>
/// Keeps the newest picture of one election, looking into the store as somebody who is no member. The page shows the
/// picture and never waits for the store.
/// </summary>
internal sealed class ElectionWatch(string election, string kind, TimeProvider clock, Pulse changed, ILogger logger)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookAnew = TimeSpan.FromSeconds(15);

    /// <summary>A page is rendered each second anyway: what is left of a lease may run down to zero there until then.</summary>
    private static readonly TimeSpan UntilNextRendering = TimeSpan.FromSeconds(1.2);

    /// <summary>
    /// Entries of the history come some 10 ms after the change that they tell of, or some 100 where the machine is busy, and
    /// are completed once the first job runs. What comes later still is found by the last of these periods, which repeats.
    /// </summary>
    private static readonly TimeSpan[] s_historyPeriods =
        [.. new[] { 0.1, 0.2, 0.2, 0.2, 0.2, 0.3, 1, 4, 15 }.Select(TimeSpan.FromSeconds)];

    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly Lock _gate = new();
    private readonly BoundedRead _reads = new(Bound);
    private readonly BoundedRead _historyReads = new(Bound);
    private readonly Pulse _leaderChanged = new();
    private ElectionPicture _picture = new(election, kind);
    private bool _seatSeen;
    private bool _listsRead;
    private bool _historyRead;
    private string? _seatTrouble;
    private string? _listTrouble;

    public ElectionPicture Picture => Volatile.Read(ref _picture);

    public Task RunAsync(IElectionStore store, CancellationToken stopping) =>
        Task.WhenAll(ObserveAsync(store, stopping), ReadAsync(store, stopping), ReadHistoryAsync(store, stopping));

    private async Task ObserveAsync(IElectionStore store, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            // An observation may have died without a word. Whenever the seat should have been heard of, look anew.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            limit.CancelAfter(Bound);
            var heard = false;
            try
            {
                await foreach (var sighting in store.ObserveAsync(election, limit.Token))
                {
                    heard = true;
                    var leader = Picture.Leader?.Term;
                    Take(p => p.With(sighting, clock), ref _seatTrouble, ref _seatSeen);
                    if (Picture.Leader?.Term != leader)
                        _leaderChanged.Beat();
                    limit.CancelAfter(UntilOverdue());
                }
            }
            catch (OperationCanceledException) when (heard || stopping.IsCancellationRequested)
            {
                continue;
            }
            catch (Exception exception)
            {
                Fail(exception, ref _seatTrouble);
            }

            await PauseAsync(Grace, stopping);
        }
    }

    private async Task ReadAsync(IElectionStore store, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var (members, jobs) = await _reads.AskAsync(
                    async limit => (await store.ListAsync(election, limit), await JobState.ReadAllAsync(store, election, limit)),
                    stopping);
                Take(p => p with { Members = members, Jobs = jobs }, ref _listTrouble, ref _listsRead);
            }
            catch (Exception exception)
            {
                if (!stopping.IsCancellationRequested)
                    Fail(exception, ref _listTrouble);
            }

            await PauseAsync(ReadPeriod, stopping);
        }
    }

    private async Task ReadHistoryAsync(IElectionStore store, CancellationToken stopping)
    {
        var reads = 0;
        while (!stopping.IsCancellationRequested)
        {
            var change = _leaderChanged.Next;
            // A store that refuses at once is not asked as often as one that has news: it may be coming back, and has others to serve.
            var pause = ReadPeriod;
            try
            {
                var history = await _historyReads.AskAsync(limit => Transition.ReadAllAsync(store, election, limit), stopping);
                TakeHistory(p => p with { History = history, HistoryTrouble = null });
                pause = s_historyPeriods[Math.Min(reads++, s_historyPeriods.Length - 1)];
            }
            catch (Exception exception)
            {
                if (!stopping.IsCancellationRequested)
                    TakeHistory(p => p with { HistoryTrouble = StoreTrouble.Describe(kind, exception) });
                reads = 0;
            }

            try
            {
                await Pulse.WaitAsync(change, pause, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The loop ends by itself.
            }

            if (change.IsCompleted)
                reads = 0;
        }
    }

    /// <summary>What a log of the past is good for does not decide whether the election is fine, nor whether the store is there.</summary>
    private void TakeHistory(Func<ElectionPicture, ElectionPicture> change)
    {
        bool isNews;
        lock (_gate)
        {
            _historyRead = true;
            var before = _picture;
            var after = change(before) with { IsComplete = _seatSeen && _listsRead };
            isNews = IsNews(before, after) || after.HistoryTrouble != before.HistoryTrouble || !AreSame(before.History, after.History);
            Volatile.Write(ref _picture, after);
        }

        if (isNews)
            changed.Beat();
    }

    /// <summary>
    /// What the page has to show at once. Ages, members and jobs wait for its next second: with many elections, each read of
    /// which were told, all of them would be rendered and sent to every page as often as that goes.
    /// </summary>
    private bool IsNews(ElectionPicture before, ElectionPicture after) =>
        after.Trouble != before.Trouble || after.IsComplete != before.IsComplete
        || after.Leader?.Term != before.Leader?.Term || after.Vacancy != before.Vacancy
        || (after.LeaseEndsAt != before.LeaseEndsAt && before.LeaseLeft(clock) < UntilNextRendering);

    private static bool AreSame(IReadOnlyList<Transition> one, IReadOnlyList<Transition> other) =>
        one.Count == other.Count
        && one.Zip(other).All(p => p.First with { Steps = p.Second.Steps } == p.Second && p.First.Steps.SequenceEqual(p.Second.Steps));

    private TimeSpan UntilOverdue()
    {
        if (Picture.Leader is null)
            return LookAnew;
        var left = Picture.LeaseLeft(clock);
        return left <= TimeSpan.Zero ? Grace : left > LookAnew ? LookAnew : left + Grace;
    }

    private void Take(Func<ElectionPicture, ElectionPicture> change, ref string? trouble, ref bool known)
    {
        bool isNews;
        lock (_gate)
        {
            trouble = null;
            known = true;
            var now = clock.GetUtcNow();
            var before = _picture;
            var isBack = _seatTrouble is null && _listTrouble is null;
            var after = change(before) with
            {
                IsComplete = _seatSeen && _listsRead && _historyRead,
                HeardAt = now,
                Trouble = isBack ? null : before.Trouble,
            };
            if (before.Trouble is not null && isBack)
                DashboardLog.StoreIsBack(logger, kind, election, (now - before.Trouble.Since).TotalSeconds);
            isNews = IsNews(before, after);
            Volatile.Write(ref _picture, after);
        }

        if (isNews)
            changed.Beat();
    }

    private void Fail(Exception exception, ref string? trouble)
    {
        bool isNews;
        lock (_gate)
        {
            trouble = StoreTrouble.Describe(kind, exception);
            var before = _picture;
            if (before.Trouble is null)
                DashboardLog.StoreIsAway(logger, kind, election, trouble);
            var after = before with { Trouble = new StoreTrouble(before.Trouble?.Since ?? before.HeardAt ?? _startedAt, trouble) };
            isNews = IsNews(before, after);
            Volatile.Write(ref _picture, after);
        }

        if (isNews)
            changed.Beat();
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, clock, stopping);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by itself.
        }
    }
}
