using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Tests.Simulation.Histories;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>Loses, doubles, delays and reorders; is cut in two, or in one direction.</summary>
internal sealed class RaftNetwork(RaftHistory history, Dice dice)
{
    private readonly Dictionary<(int From, int To), int> _cut = [];

    public long Messages { get; private set; }

    public void Send(int from, RaftMessage message)
    {
        var to = RaftHistory.IndexOf(message.To);
        Messages++;
        if (_cut.GetValueOrDefault((from, to)) > 0 || (history.IsDisturbed && dice.Hits(history.Plan.Loss)))
            return;
        Deliver(to, message);
        if (dice.Hits(history.Plan.Twice))
            Deliver(to, message);
    }

    public void Cut(int from, int to, int by) => _cut[(from, to)] = _cut.GetValueOrDefault((from, to)) + by;

    private void Deliver(int to, RaftMessage message)
    {
        var plan = history.Plan;
        var trip = dice.Between(plan.Trip / 4, plan.Trip);
        if (dice.Hits(plan.Late) && history.IsDisturbed)
            trip += dice.Between(0, plan.LongestLate);
        history.At(history.Now + trip, () => history.Nodes[to].Receive(message));
    }
}
