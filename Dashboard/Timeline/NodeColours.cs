using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Timeline;

/// <summary>A colour for each node of an election, the same in its lanes and lists; the node's name always stands beside it.</summary>
public sealed class NodeColours
{
    /// <summary>How many the style sheet has; with more nodes some share one.</summary>
    public const int Count = 8;

    private readonly List<string> _nodes;

    public NodeColours(ElectionPicture picture) => _nodes = [.. picture.History.Select(t => t.Node)
        .Concat(picture.Members.Select(m => m.Id.NodeId)).Append(picture.Leader?.NodeId ?? "").Append(picture.Vacancy?.Last?.NodeId ?? "")
        .Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>As the style sheet knows it.</summary>
    public string Of(string node) => $"n{Math.Max(0, _nodes.BinarySearch(node, StringComparer.Ordinal)) % Count}";
}
