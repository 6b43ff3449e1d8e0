using System.Collections.Concurrent;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Members whose candidates wait in line. What they say of themselves goes with their next wait, in one round trip, and
/// what that answered is told to them when they say it again.
/// </summary>
internal sealed class StandingMembers(TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Election, CandidateId Id), Entry> _entries = new();

    /// <summary>All members, where <paramref name="self"/> was said with a wait not long ago; null when it is to be said now.</summary>
    public IReadOnlyList<Member>? Say(Member self)
    {
        var now = clock.GetTimestamp();
        var before = _entries.GetValueOrDefault((self.Election, self.Id));
        _entries[(self.Election, self.Id)] = new Entry(self, now, before?.Heard);
        if (before?.Heard is not { } heard || heard.Said != self)
            return null;
        // Whoever says it often may be taken off the list soon: a wait is too long for it.
        var spacing = clock.GetElapsedTime(before.SaidAt, now);
        return spacing >= LockSession.LongestWait / 1.5 && clock.GetElapsedTime(heard.At, now) < spacing * 1.5 ? new RecalledMembers(heard.Members) : null;
    }

    /// <summary>What a candidate has to say with its next wait; null when it has said nothing yet.</summary>
    public Member? Of(Candidacy candidacy) => _entries.GetValueOrDefault((candidacy.Election, candidacy.Id))?.Self;

    /// <summary>It was said with a wait, and these are all members.</summary>
    public void Heard(Member said, IReadOnlyList<Member> members)
    {
        var heard = new News(said, clock.GetTimestamp(), members);
        Change((said.Election, said.Id), e => e with { Heard = heard });
    }

    /// <summary>It waits no more.</summary>
    public void Left(Candidacy candidacy) => Change((candidacy.Election, candidacy.Id), static e => e with { Heard = null });

    public void Forget(string election, CandidateId id) => _entries.TryRemove((election, id), out _);

    private void Change((string, CandidateId) key, Func<Entry, Entry> change)
    {
        while (_entries.TryGetValue(key, out var before) && !_entries.TryUpdate(key, change(before), before))
        {
            // Somebody else was quicker: again, on what is there now.
        }
    }

    private sealed record Entry(Member Self, long SaidAt, News? Heard);

    private sealed record News(Member Said, long At, IReadOnlyList<Member> Members);
}
