using System.Net;
using System.Net.Http.Json;

namespace AspireElection.AppHost;

/// <summary>The election as any worker tells it: who takes part, and who leads.</summary>
/// <param name="Election">Its name.</param>
/// <param name="Leader">Who leads, or null.</param>
/// <param name="Members">All that take part.</param>
internal sealed record WorkersElection(string Election, LeaderSeen? Leader, IReadOnlyList<MemberSeen> Members)
{
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(2),
    };

    /// <summary>Asks at the shared address of the workers. Null where no worker answers.</summary>
    public static async Task<WorkersElection?> AskAsync(ProjectResource workers, CancellationToken cancellationToken)
    {
        try
        {
            var address = new Uri($"http://127.0.0.1:{workers.GetEndpoint("http").Port}/election");
            return (await s_http.GetFromJsonAsync<WorkersElection[]>(address, cancellationToken))?.FirstOrDefault();
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null; // none runs, or the one asked is just ending
        }
    }

    /// <summary>
    /// The member that runs as this replica; null where it takes no part. After a restart its last life may still be listed.
    /// </summary>
    public MemberSeen? ReplicaOf(string resourceId, IResource workers) =>
        Members.Where(m => resourceId == $"{workers.Name}-{m.InstanceId}").MaxBy(m => m.LastHeartbeat);

    /// <summary>What the replica is; the seat decides who leads, what a node last said of itself may be old.</summary>
    public string RoleOf(MemberSeen member) =>
        Leader?.NodeId == member.NodeId && Leader.Address == member.Address ? "leader"
        : member.Role == "leader" ? "follower"
        : member.Role;

    /// <summary>Runs a drill on a replica; answers why it does not, or null.</summary>
    public async Task<string?> DrillAsync(MemberSeen replica, string drill, string token, CancellationToken cancellationToken)
    {
        // The address was written into the store: the token goes to this machine alone.
        if (!Uri.TryCreate(replica.Address, UriKind.Absolute, out var address) || !address.IsLoopback || address.Scheme is not ("http" or "https"))
            return $"{replica.NodeId} has no address on this machine";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, $"/election/{Election}/{drill}"));
        request.Headers.Authorization = new("Bearer", token);
        try
        {
            using var answer = await s_http.SendAsync(request, cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.Accepted => null,
                HttpStatusCode.Conflict => $"{replica.NodeId} does not lead",
                var status => $"{replica.NodeId} answered {(int)status}",
            };
        }
        catch (HttpRequestException problem)
        {
            return $"{replica.NodeId} was not reached: {problem.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{replica.NodeId} did not answer within {s_http.Timeout.TotalSeconds:0} s; it may obey still";
        }
    }
}

/// <summary>Who leads, in which term.</summary>
internal sealed record LeaderSeen(string NodeId, string? Address, long Term);

/// <summary>A node that takes part.</summary>
internal sealed record MemberSeen(string NodeId, string InstanceId, string? Address, string Role, long Term, DateTimeOffset LastHeartbeat);
