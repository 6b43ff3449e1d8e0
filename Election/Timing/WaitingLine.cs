namespace AspireElection.Timing;

/// <summary>
/// Those who wait, the first that is over in front: a heap whose members know their places, so that who is woken early
/// leaves at once.
/// </summary>
internal sealed class WaitingLine
{
    private Wake[] _heap = new Wake[16];
    private int _count;

    /// <summary>Whose wait is over first; null where nobody waits.</summary>
    public Wake? First => _count == 0 ? null : _heap[0];

    public void Add(Wake wake)
    {
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        Rise(wake, _count++);
    }

    public void Remove(Wake wake)
    {
        var place = wake.Place;
        var last = _heap[--_count];
        _heap[_count] = null!;
        wake.Place = -1;
        if (last == wake)
            return;
        Sink(last, place);
        Rise(last, last.Place);
    }

    private void Rise(Wake wake, int place)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var above && wake.Due < above.Due)
            place = Put(above, place, (place - 1) / 2);
        Put(wake, place, place);
    }

    private void Sink(Wake wake, int place)
    {
        while ((place * 2) + 1 is var below && below < _count)
        {
            if (below + 1 < _count && _heap[below + 1].Due < _heap[below].Due)
                below++;
            if (_heap[below].Due >= wake.Due)
                break;
            place = Put(_heap[below], place, below);
        }

        Put(wake, place, place);
    }

    private int Put(Wake wake, int place, int then)
    {
        _heap[place] = wake;
        wake.Place = place;
        return then;
    }
}
