namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The loss of one session is confined to its own elections: where nothing else is wrong, those of the other sessions of
/// that process keep their terms.
/// </summary>
internal sealed class SessionsStandApart(History history) : Checker(history)
{
    private readonly List<Kept> _kept = [];

    /// <summary>How many terms were looked after: a rule that is never asked says nothing.</summary>
    public int Asked { get; private set; }

    /// <summary>The server is about to end a session.</summary>
    public void LostOne(Backend lost, SharedServer server)
    {
        if (History.Nodes.FirstOrDefault(n => n.Line == lost.Client.Owner) is not { Host: { Runs: true } host } node || !IsFair(node, Now))
            return;
        foreach (var held in node.Sides.Select(s => s.Held).Append(node.Reign?.Leadership).OfType<Leadership>())
        {
            if (server.SessionOf(held.Term) is { } session && session != lost && session.Client.Believes(session))
                _kept.Add(new Kept(node, host, held, session, Now));
        }
    }

    public override void Look()
    {
        for (var i = _kept.Count - 1; i >= 0; i--)
        {
            var (node, host, held, session, since) = _kept[i];
            if (held.EndedBecause is LossReason.Lost or LossReason.Expired && session.IsOpen)
                Fail($"node {node.Index} lost {held.Token} of {held.Term.Election}, whose session {session.Pid} lives: another one of its process was ended");
            if (!host.Runs || node.Host != host || held.EndedBecause is not null || !session.IsOpen || !IsFair(node, since) || !IsCalm(since) || Now > since + History.Plan.Lease.Ticks)
            {
                if (held.EndedBecause is null && session.IsOpen)
                    Asked++;
                _kept.RemoveAt(i);
            }
        }
    }

    /// <summary>Its own end was all that disturbed the store.</summary>
    private bool IsCalm(long since) => since == Now || History.StoreCalmSince <= since;

    private bool IsFair(Node node, long since) => node is { Line: { IsUp: true } line, Host: { Runs: true } host } && line.Weather.IsFair &&
        line.Weather.FairSince <= since - History.Plan.Lease.Ticks && line.ConnectedSince <= since && host.RunsSince <= since;

    private sealed record Kept(Node Node, Host Host, Leadership Held, Backend Session, long Since);
}
