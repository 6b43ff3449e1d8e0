using System.Threading.Channels;

namespace AspireElection.Stores.Postgres;

/// <summary>One observer of one election: it is given the newest sighting, and misses those between when it is slow.</summary>
internal sealed class SeatWatcher(string election)
{
    private readonly Channel<Sighting> _newest = Channel.CreateBounded<Sighting>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private Sighting? _last;

    public string Election { get; } = election;

    /// <summary>Whether it was told anything yet.</summary>
    public bool IsNew => _last is null;

    public ChannelReader<Sighting> Reader => _newest.Reader;

    public void Tell(Sighting sighting)
    {
        // A free seat has no end that could have moved.
        if (sighting.Leader is null && _last is { Leader: null } last && last.Released == sighting.Released)
            return;
        _last = sighting;
        _newest.Writer.TryWrite(sighting);
    }

    public void Lose(Exception reason) => _newest.Writer.TryComplete(reason);
}
