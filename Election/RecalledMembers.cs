using System.Collections;

namespace AspireElection;

/// <summary>
/// Members as the server told them with an earlier request, where a store saves itself a heartbeat. It says nothing of the
/// server now: counted as an answer, it would show a server that stands still as well for another lease and more.
/// </summary>
internal sealed class RecalledMembers(IReadOnlyList<Member> members) : IReadOnlyList<Member>
{
    public int Count => members.Count;

    public Member this[int index] => members[index];

    public IEnumerator<Member> GetEnumerator() => members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
