namespace AspireElection.Dashboard.Nodes;

/// <summary>
/// Where the Aspire dashboard shows the traces and logs of a node, by the addresses of its 13.x: a page, then
/// <c>resource</c>, then the resource's name and, of one replica, its instance.
/// </summary>
/// <param name="dashboard">The Aspire dashboard's address, without the login token; null: there are no links.</param>
internal sealed class AspireLink(Uri? dashboard)
{
    /// <summary>As the AppHost calls the workers.</summary>
    private const string Workers = "worker";

    private const int SuffixLength = 8;

    /// <summary>The traces of one node; null where it is none of Aspire's.</summary>
    public string? Traces(CandidateId id) => Of("traces", ResourceOf(id));

    /// <summary>The logs of one node; null where it is none of Aspire's.</summary>
    public string? Logs(CandidateId id) => Of("structuredlogs", ResourceOf(id));

    /// <summary>The traces of all workers.</summary>
    public string? AllTraces => Of("traces", Workers);

    /// <summary>The logs of all workers.</summary>
    public string? AllLogs => Of("structuredlogs", Workers);

    private string? Of(string page, string? resource) =>
        dashboard is null || resource is null ? null : new Uri(dashboard, $"/{page}/resource/{Uri.EscapeDataString(resource)}").AbsoluteUri;

    /// <summary>Aspire names each instance by eight letters; a node that was started by hand has a nonce of digits, too.</summary>
    private static string? ResourceOf(CandidateId id) =>
        id.InstanceId is { Length: SuffixLength } suffix && suffix != id.Incarnation && suffix.All(char.IsAsciiLetterLower) ? $"{Workers}-{suffix}" : null;
}
