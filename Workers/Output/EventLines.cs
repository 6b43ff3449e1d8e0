using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Output;

/// <summary>Has the library's callbacks printed as event lines.</summary>
internal sealed class EventLines(WorkerSettings settings, EventText text, LineWriter lines, TimeProvider clock, IServiceProvider services)
{
    public void Attach(ElectionCallbacks callbacks)
    {
        // When it was so and not when it is printed: a busy pool prints late, and who joins the lines of all nodes would see two leaders.
        callbacks.BecameLeader = leadership => lines.Write(text.BecameLeader(leadership.Since, leadership.Token));
        callbacks.LostLeadership = (leadership, reason) =>
            lines.Write(text.LostLeadership(leadership.EndedAt ?? clock.GetUtcNow(), leadership.Token, reason));
        callbacks.NewLeader = leader =>
        {
            // Of itself a leader has said more already. Another process with this node's name is somebody else.
            var self = services.GetRequiredKeyedService<Candidate>(settings.LockName).Id;
            if (leader.Incarnation != self.Incarnation || leader.NodeId != self.NodeId)
                lines.Write(text.NewLeader(clock.GetUtcNow(), leader));
        };
    }
}
