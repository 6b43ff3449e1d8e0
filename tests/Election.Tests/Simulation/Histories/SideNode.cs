namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A candidate of one more election in the process of a node, where elections share sessions.</summary>
internal sealed class SideNode(History history, Node node, Host host, string election, int priority, Candidate candidate)
{
    public Node Node => node;

    public Host Host => host;

    public string Election => election;

    public int Priority => priority;

    public Candidate Candidate => candidate;

    /// <summary>The leadership that it believes in now.</summary>
    public Leadership? Held { get; private set; }

    public void Resign() => host.Post(_ => _ = candidate.ResignAsync(), null);

    /// <summary>Sees whether it believes that it leads; asked after each step.</summary>
    public void Look()
    {
        if (!host.Runs)
            return;
        var held = candidate.IsLeader ? candidate.Leadership : null;
        if (held == Held)
            return;
        Held = held;
        if (held is not null)
            history.Sides!.Began(this, held);
    }
}
