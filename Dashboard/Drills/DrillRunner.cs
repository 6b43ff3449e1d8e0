using System.Net;
using System.Text.Json;
using AspireElection.Dashboard.Nodes;
using AspireElection.Dashboard.Watching;
using AspireElection.Dashboard.Words;

namespace AspireElection.Dashboard.Drills;

/// <summary>Has a node suffer what was ordered, and measures how the seat goes on.</summary>
internal sealed class DrillRunner(
    DashboardSettings settings, Watches watches, DrillList list, NodeLine line, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1);

    /// <summary>Ends with the node's answer; the seat is watched on. False where too many drills are under way.</summary>
    public async Task<bool> RunAsync(DrillOrder order)
    {
        var picture = watches.Of(order.Election);
        var leader = picture.Leader;
        var target = order.Node is { } id
            ? picture.Members.FirstOrDefault(m => m.Id == id) is { } member ? (id, member.Address) : ((CandidateId, string?)?)null
            : leader is null ? null : (new CandidateId(leader.NodeId, leader.Incarnation), leader.Address);
        var before = leader ?? picture.Vacancy?.Last;
        if (list.TryAdd(new Drill
        {
            At = clock.GetUtcNow(),
            Election = order.Election,
            Kind = order.Kind,
            For = order.For,
            Node = target?.Item1.NodeId,
            TermBefore = before?.Term ?? 0,
            LedBefore = leader?.NodeId,
        }) is not { } drill)
        {
            return false;
        }

        if (target is not var (node, address))
            Refuse(drill, order.Node is null ? "nobody leads" : "this member has left");
        else if (NodeLine.Place(address) is not { } place)
            Refuse(drill, $"the address {address ?? "(none)"} is none of this machine: nothing was sent");
        else if (await ProblemAtAsync(place, order.Election, node) is { } problem)
            Refuse(drill, $"{problem}: nothing was sent");
        else
            await CallAsync(drill, place, leader is { } l && node == new CandidateId(l.NodeId, l.Incarnation), picture.LeaseLength);
        return true;
    }

    /// <summary>
    /// Asks, without the token, whether the node is still there. A port of this machine that a dead worker had may be
    /// somebody else's by now, and is not to be told the token.
    /// </summary>
    private async Task<string?> ProblemAtAsync(Uri place, string election, CandidateId node)
    {
        try
        {
            var answers = await line.AskAsync(place, NodeLine.Long, lifetime.ApplicationStopping);
            return answers.Any(a => a.IsOf(election, node)) ? null : $"at {place.Authority} answers another node";
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or OperationCanceledException)
        {
            return Describe(exception, place);
        }
    }

    private async Task CallAsync(Drill drill, Uri place, bool isLeader, TimeSpan lease)
    {
        lease = lease < ShortestLease ? ShortestLease : lease;
        var limit = (drill.For ?? TimeSpan.Zero) + (isLeader ? 2 * lease : TimeSpan.Zero) + Slack;
        var path = $"election/{Uri.EscapeDataString(drill.Election)}/{drill.Kind.Name}";
        if (drill.For is { } length)
            path += $"?for={(int)length.TotalSeconds}s";

        // Watched from before the call: the next leader may be there before the answer is.
        using var refused = new CancellationTokenSource();
        var sent = clock.GetTimestamp();
        var watched = WatchAsync(drill, sent, limit, refused.Token);
        var problem = await ProblemOfAsync(place, path, drill.Kind);
        if (problem is null)
        {
            list.Replace(drill with { State = DrillState.Watched });
            _ = EndAsync(watched);
            return;
        }

        await refused.CancelAsync();
        await watched;
        Refuse(drill, problem);

        // What was seen counts once the answer is known, so that a drill which was refused has no result.
        async Task EndAsync(Task<Drill> end) => list.Replace(await end);
    }

    /// <summary>Null where the node obeys, or may: a killed one may not come to answer.</summary>
    private async Task<string?> ProblemOfAsync(Uri place, string path, DrillKind kind)
    {
        try
        {
            return await line.PostAsync(place, path, settings.Admin.Workers!, lifetime.ApplicationStopping) switch
            {
                HttpStatusCode.Accepted => null,
                HttpStatusCode.Conflict => "refused: it does not lead (409)",
                HttpStatusCode.Unauthorized => $"refused: its {DashboardSettings.WorkersToken.Variable} is another one than this dashboard's (401)",
                HttpStatusCode.NotFound => $"refused: it was started without {DashboardSettings.WorkersToken.Variable}, so it has no drills (404)",
                var status => $"refused: it answered {(int)status}",
            };
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return Describe(exception, place);
        }
        catch (HttpRequestException exception) when (kind != DrillKind.Kill)
        {
            return $"{Describe(exception, place)}: it may have obeyed";
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<Drill> WatchAsync(Drill drill, long sent, TimeSpan limit, CancellationToken refused)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(refused, lifetime.ApplicationStopping);
        try
        {
            while (true)
            {
                var change = watches.Changed.Next;
                var picture = watches.Of(drill.Election);
                var passed = clock.GetElapsedTime(sent);
                if (picture.Leader is { } leader && leader.Term > drill.TermBefore)
                    return drill with { State = DrillState.Changed, Next = leader, Failover = passed };
                if (passed >= limit)
                    return drill with { State = DrillState.Unchanged, Note = Unchanged(picture, drill, passed) };
                await Pulse.WaitAsync(change, limit - passed, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The node refused, or the dashboard stops: there is no result.
            return drill;
        }
    }

    private static string Unchanged(ElectionPicture picture, Drill drill, TimeSpan passed) => picture switch
    {
        { Trouble: not null } => "unknown: the store does not answer the dashboard",
        { Leader: { } leader } => $"the leader stayed: {leader.NodeId}, term {leader.Term}",
        _ when drill.LedBefore is null => "nobody has led since",
        _ => $"nobody leads after {Texts.Duration(passed)}",
    };

    private void Refuse(Drill drill, string why) => list.Replace(drill with { State = DrillState.Refused, Note = why });

    private static string Describe(Exception exception, Uri place) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => $"{place.Authority} answered {(int)status}, which is none of a worker",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => $"{place.Authority} refused the connection",
        OperationCanceledException => $"{place.Authority} did not answer in time",
        _ => $"{place.Authority} gave an answer that is none of a worker",
    };
}
