using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Replicated;

namespace AspireElection.Stores.Quorum;

/// <content>Who holds the seat and until when, as observers are told.</content>
internal sealed partial class Group
{
    private long _leaseTerm;
    private TimeSpan _leaseUntil;
    private long _vacated;
    private (long Term, bool Released, TimeSpan Until) _told;
    private TimeSpan _toldUntil;

    public Task<SeatView> SeatAsync(CancellationToken cancellationToken) =>
        CallAsync<SeatView>(answer => answer.TrySetResult(Newest), cancellationToken);

    /// <summary>Changes of the seat from now on, the first given.</summary>
    public Subscription<Sighting> Subscribe() => _observers.Subscribe();

    private SeatView Seat => new(
        _state.Term,
        _state.Holder,
        _leaseTerm == _state.Term && _leaseUntil > Now ? _leaseUntil - Now : TimeSpan.Zero,
        _state.Released || (_vacated > 0 && _vacated >= _state.Term));

    /// <summary>
    /// With what is in the log and not yet known to be committed: who was granted the seat is known to a majority, but that
    /// it is a majority, those may hear later than whoever asks.
    /// </summary>
    private SeatView Newest
    {
        get
        {
            var seat = Seat;
            foreach (var entry in _log.After(_appliedTo))
            {
                if (entry.Kind == EntryKind.Leader && Holder.Parse(entry.Data) is { } holder)
                    seat = new SeatView(entry.Term, holder, _leaseTerm == entry.Term && _leaseUntil > Now ? _leaseUntil - Now : TimeSpan.Zero, _vacated >= entry.Term);
                else if (entry.Kind == EntryKind.Released && entry.Term == seat.Term)
                    seat = seat with { Released = true };
            }

            return seat;
        }
    }

    private void Promised(long term, TimeSpan until)
    {
        if (term < _leaseTerm)
            return;
        _leaseUntil = term == _leaseTerm && until < _leaseUntil ? _leaseUntil : until;
        _leaseTerm = term;
    }

    private void Vacated(long term) => _vacated = Math.Max(_vacated, term);

    /// <summary>After a start this peer has forgotten until when a leader may be trusted in.</summary>
    private void ForgetSeat()
    {
        _leaseTerm = 0;
        _leaseUntil = TimeSpan.Zero;
    }

    private void TellSeat()
    {
        var seat = Seat;
        var taken = seat.Holder is not null && !seat.Released && seat.Left > TimeSpan.Zero;
        var now = (seat.Term, seat.Released, Until: taken ? _leaseUntil : TimeSpan.Zero);
        _toldUntil = now.Until;
        if (now == _told)
            return;
        _told = now;
        _observers.Publish(taken
            ? new Sighting(seat.Holder!.ToLeader(seat.Term), ToTimestamp(_leaseUntil))
            : new Sighting(null, 0, seat.Released));
    }
}
