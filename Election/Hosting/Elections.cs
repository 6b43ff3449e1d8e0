using Microsoft.Extensions.DependencyInjection;

namespace AspireElection.Hosting;

/// <summary>All elections of a host, in the order in which they were added.</summary>
public sealed class Elections
{
    /// <summary>Made by the host.</summary>
    public Elections(IServiceProvider services) =>
        Candidates = [.. services.GetServices<ElectionName>().Select(n => services.GetRequiredKeyedService<Candidate>(n.Value))];

    /// <summary>This node in each of them.</summary>
    public IReadOnlyList<Candidate> Candidates { get; }

    /// <summary>This node in the election called <paramref name="election"/>; null when it takes no part.</summary>
    public Candidate? Find(string election) => Candidates.FirstOrDefault(c => c.Election == election);
}

internal sealed record ElectionName(string Value);
