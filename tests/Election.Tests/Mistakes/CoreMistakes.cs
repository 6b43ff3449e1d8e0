namespace AspireElection.Tests.Mistakes;

/// <summary>What wrong electors do, put into this one: each must be noticed by a checker of the simulation.</summary>
internal static class CoreMistakes
{
    private const string Lead = "Candidate.Leading.cs";
    private const string Standing = "Campaign.cs";
    private const string Window = "Timing/TrustWindow.cs";
    private const string Told = "Leadership.cs";
    private const string Tenure = "Tenure.cs";
    private const string Seat = "SeatObserver.cs";

    public static IReadOnlyList<Mistake> All { get; } =
    [
        // What a leader believes.
        new("margin left out", "clocks of different rates: the store's lease is over before the leader's",
            new Edit("LeadershipTimes.cs", "=> Lease - Margin;", "=> Lease;")),
        new("window anchored at the reply", "a slow success stretches trust; Consul's and many Redis clients count from the answer",
            new Edit(Tenure, "Leadership.Extend(sentAt + ", "Leadership.Extend(Clock.GetTimestamp() + ")),
        new("first window anchored at the grant's arrival", "the store counts from the request: a slow grant stretches trust beyond the lease",
            new Edit(Lead, "new TrustWindow(Clock, grant.AnchoredAt + ", "new TrustWindow(Clock, Clock.GetTimestamp() + ")),
        new("a late grant led with", "work begins, and callbacks are told, of a term whose trust is over already",
            new Edit(Lead, "if (_campaign.Stops || !leadership.IsTrusted)", "if (_campaign.Stops)"),
            new Edit(Tenure, "if (whileLeading.Count > 0 && Leadership.IsTrusted)", "if (whileLeading.Count > 0)")),
        new("another's term is no doubt", "over a wiped store whose line is up a leader believes until its next renewal, beside the new one",
            new Edit(Seat, "        DoubtIfContradicted(sighting);\n", "")),
        new("unknown renewal taken as success", "OrionBeacon: two leaders for 36 s of a 40 s cut",
            new Edit(Tenure, "            _renewAt = Clock.After(Times.RenewPeriod / 4);", "            Leadership.Extend(sentAt + Times.Trust.ToTicksOf(Clock));\n            _renewAt = Clock.After(Times.RenewPeriod / 4);")),
        new("a success after the end of trust accepted", "the section 1 rule: it is no success, another may lead by then",
            new Edit(Window, "        while (IsOpen)\n", "        Volatile.Write(ref _until, newUntil);\n        while (IsOpen)\n")),
        new("leader flag cached", "LeaderElection.Redis: a flag that a timer clears, which stands still while the process does",
            new Edit(Told, "public bool IsTrusted => _window.IsOpen;", "public bool IsTrusted => EndedBecause is null;")),
        new("leader flag that only an answer clears", "OrionBeacon: true through an outage, past its end",
            new Edit(Told, "public bool IsTrusted => _window.IsOpen;", "public bool IsTrusted => EndedBecause is null;"),
            new Edit(Tenure, "_with.Threads.WatchDeadline(Leadership, Times.Slice);", "GC.KeepAlive(_with.Threads);")),
        new("wall clock deciding trust", "the file lease of old: a step back of the clock is a longer lease",
            new Edit(Window, "    private long _until = until;", "    private readonly long _stamp = clock.GetTimestamp();\n    private readonly DateTimeOffset _wall = clock.GetUtcNow();\n    private long _until = until;\n    private long Shift => (clock.GetUtcNow() - _wall).ToTicksOf(clock) - (clock.GetTimestamp() - _stamp);"),
            new Edit(Window, "and var until ? until : long.MinValue", "and var until ? until - Shift : long.MinValue"),
            new Edit(Window, "var now = clock.GetTimestamp();", "var now = clock.GetTimestamp() + Shift;"),
            new Edit(Window, "        while (IsOpen)\n", "        newUntil += Shift;\n        while (IsOpen)\n")),
        new("unknown renewal ends the term at once", "a store that is slow for a second costs a leader; section 1 allows it up to the end of trust",
            new Edit(Tenure, "            _renewAt = Clock.After(Times.RenewPeriod / 4);", "            Leadership.End(LossReason.Lost);")),
        new("renewals without a bound", "one reply that never comes costs the term: nobody asks again",
            new Edit(Tenure, "        return await _with.Store.RenewAsync(Leadership.Term, Times.Lease, limit.Token).Within(Times.RenewPeriod, Clock);", "        return await _with.Store.RenewAsync(Leadership.Term, Times.Lease, CancellationToken.None);")),
        new("renewals after the end", "a seat in which nobody leads is kept from everybody for another lease",
            new Edit(Tenure, "(!_doubted && Clock.GetTimestamp() < _renewAt) || !Leadership.IsTrusted)", "!_doubted && Clock.GetTimestamp() < _renewAt)")),
        new("a lost term goes on", "the answer 'lost' is logged and the next renewal is waited for",
            new Edit(Tenure, "            if (answer == RenewAnswer.Lost)\n", "            if (answer == RenewAnswer.Lost && _doubted)\n")),

        // How a leadership ends.
        new("the end is told to nobody", "the Lost token never fires: work goes on beside the next leader's",
            new Edit(Told, "            _lost.Cancel(_threads);\n", "")),
        new("no watch of the deadline", "the end is noticed when somebody asks, or when a renewal comes back",
            new Edit(Tenure, "_with.Threads.WatchDeadline(Leadership, Times.Slice);", "GC.KeepAlive(_with.Threads);")),
        new("job not awaited before the next campaign", "the same node runs the job twice at once",
            new Edit(Tenure, "                await HandOverAsync(reason);\n            await AwaitWorkAsync();\n", "                await HandOverAsync(reason);\n")),
        new("seat released before the drain", "LeaderElection.Redis and LeaderElection.Postgres: both lead while the job drains, 1.1 to 1.5 s",
            new Edit(Tenure, "        using (ElectionTelemetry.StartStep(\"drain\"))\n", "        await ReleaseAsync();\n        using (ElectionTelemetry.StartStep(\"drain\"))\n")),
        new("seat released before belief ends", "for as long as the release takes there are two",
            new Edit(Tenure, "if (Leadership.End(reason) && reason != LossReason.Expired)", "if (reason != LossReason.Expired)"),
            new Edit(Tenure, "                    await ReleaseAsync();\n            }", "                    await ReleaseAsync();\n            }\n            Leadership.End(reason);")),
        new("no renewals while draining", "a drain longer than the lease leaves the seat to whoever comes",
            new Edit(Tenure, "await _wake.WaitUntilAsync(Math.Min(_renewAt, limit));\n                await RenewIfDueAsync();", "await _wake.WaitUntilAsync(limit);")),
        new("release skipped when stopped", "a cancelled token cancels the release too, and the seat is left to its end",
            new Edit(Tenure, "if (Leadership.End(reason) && reason != LossReason.Expired)", "if (Leadership.End(reason) && reason is not (LossReason.Expired or LossReason.Stopped))")),

        // Who stands, and when.
        new("a first failure ends the campaign", "a node that never stands again, and says nothing of it",
            new Edit(Standing, "            await _pause.Of(_with).NextAsync();\n            return null;", "            await PauseAsync(TimeSpan.FromDays(1));\n            return null;")),
        new("a resigned node stands at once", "an operator's resign gives the seat back to who was resigned",
            new Edit(Lead, "            await Precedence.HoldOffAsync(_campaign);\n", "            await Task.CompletedTask;\n")),
        new("a known term is forgotten with the campaign", "over a store that lost its data its seat is taken while its leader still trusts in it",
            new Edit(Standing, "            candidacy.Saw(known);\n", "            candidacy.SawToken(known.Leader!.Term);\n")),
        new("back-off without a longest pause", "after a long outage nobody comes back for minutes",
            new Edit("Backoff.cs", "        if (pause > longest)\n            pause = longest;\n", "        if (pause > longest * 1000)\n            pause = longest;\n")),
        new("a tie preempts", "two of equal priority take the seat from each other in turns",
            new Edit("Precedence.cs", "m.Priority > priority", "m.Priority >= priority")),
        new("nobody is preempted", "the better candidate waits until the leader dies",
            new Edit("Precedence.cs", "m.Priority > priority", "false")),

        // What is known of the seat.
        new("an observer that ends with its first error", "the page shows the leader of yesterday",
            new Edit(Seat, "            await _pause.Of(with).NextAsync();\n", "            return;\n")),
        new("token from a wiped counter", "a counter begins at 1 again, and old writers pass the fence",
            new Edit("FencingToken.cs", "Math.Max(Math.Max(stored, seen) + 1, microseconds > LatestClock ? 0 : microseconds);", "stored + 1;")),

        // Jobs.
        new("a job that runs once is recorded before it ran", "it crashes, and nobody repeats it",
            new Edit("Jobs/JobRun.cs", "                Progress = null,\n            };", "                Progress = null,\n                DoneVersion = job.Schedule.Version,\n            };")),
        new("a job that runs once never runs", "nobody misses a migration that no node applied",
            new Edit("Jobs/LeaderJobs.cs", "jobs.Where(j => j.Job.Schedule.Period is null)", "jobs.Where(j => j.Job.Schedule is { Period: null, Version: null })")),
        new("what was done is not looked up", "each leader migrates anew",
            new Edit("Jobs/LeaderJobs.cs", "            if (state.DoneVersion != job.Job.Schedule.Version)\n", "")),
        new("a job that failed counts as done", "a migration that threw is never tried again",
            new Edit("Jobs/JobRun.cs", "                State = \"failed\",", "                State = \"failed\",\n                DoneVersion = job.Schedule.Version,")),
    ];
}
