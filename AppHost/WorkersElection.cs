using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

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
        MaxResponseContentBufferSize = 1024 * 1024,
    };

    /// <summary>Asks at the shared address of the workers. Null where no worker answers.</summary>
    public static async Task<WorkersElection?> AskAsync(ProjectResource workers, CancellationToken cancellationToken)
    {
        try
        {
            var address = new Uri($"http://127.0.0.1:{workers.GetEndpoint("http").Port}/election");
            return (await s_http.GetFromJsonAsync<WorkersElection[]>(address, cancellationToken))?.FirstOrDefault();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
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
        if (await ProblemAtAsync(address, replica, cancellationToken) is { } problem)
            return $"{problem}: nothing was sent";
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
        catch (HttpRequestException refused)
        {
            return $"{replica.NodeId} was not reached: {refused.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{replica.NodeId} did not answer within {s_http.Timeout.TotalSeconds:0} s; it may obey still";
        }
    }

    /// <summary>
    /// Asks, without the token, whether the replica is still there. A port of this machine that a dead worker had may be
    /// somebody else's by now, and is not to be told the token.
    /// </summary>
    private async Task<string?> ProblemAtAsync(Uri address, MemberSeen replica, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await s_http.GetByteArrayAsync(new Uri(address, "/election"), cancellationToken);
            var there = JsonSerializer.Deserialize<WorkerSeen[]>(answer, JsonSerializerOptions.Web) ?? [];
            return there.Contains(new WorkerSeen(Election, replica.NodeId, replica.InstanceId)) ? null : $"at {address.Authority} answers another than {replica.NodeId}";
        }
        catch (JsonException)
        {
            return $"what answers at {address.Authority} is no worker";
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"{replica.NodeId} was not reached";
        }
    }
}

/// <summary>Who leads, in which term.</summary>
internal sealed record LeaderSeen(string NodeId, string? Address, long Term);

/// <summary>Who a worker says that it is.</summary>
internal sealed record WorkerSeen(string Election, string NodeId, string InstanceId);

/// <summary>A node that takes part.</summary>
internal sealed record MemberSeen(string NodeId, string InstanceId, string? Address, string Role, long Term, DateTimeOffset LastHeartbeat);
