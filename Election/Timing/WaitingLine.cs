namespace AspireElection.Timing;

/// <summary>
/// Those who wait, the first that is over in front: a heap whose members know their places, so that who is woken early
/// leaves at once.
/// </summary>
internal sealed class WaitingLine
{
    private Sleeper[] _heap = new Sleeper[16];
    private int _count;

    /// <summary>Whose wait is over first; null where nobody waits.</summary>
    public Sleeper? First => _count == 0 ? null : _heap[0];

    public void Add(Sleeper sleeper)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        Rise(sleeper, _count++);
    }

    public void Remove(Sleeper sleeper)
    {
        var place = sleeper.Place;
        var last = _heap[--_count];
        _heap[_count] = null!;
        sleeper.Place = -1;
        if (last == sleeper)
            return;
        Sink(last, place);
        Rise(last, last.Place);
    }

    private void Rise(Sleeper sleeper, int place)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var above && sleeper.Due < above.Due)
            place = Put(above, place, (place - 1) / 2);
        Put(sleeper, place, place);
    }

    private void Sink(Sleeper sleeper, int place)
    {
        while ((place * 2) + 1 is var below && below < _count)
        {
            if (below + 1 < _count && _heap[below + 1].Due < _heap[below].Due)
                below++;
            if (_heap[below].Due >= sleeper.Due)
                break;
            place = Put(_heap[below], place, below);
        }

        Put(sleeper, place, place);
    }

    private int Put(Sleeper sleeper, int place, int then)
    {
        _heap[place] = sleeper;
        sleeper.Place = place;
        return then;
    }
}
