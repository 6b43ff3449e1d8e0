namespace AspireElection.Dashboard.Timeline;

/// <summary>A course in the making: each turn ends one stretch and opens the next.</summary>
internal sealed class CourseDraft
{
    private readonly List<Stretch> _closed = [];

    /// <summary>The one that has not ended yet.</summary>
    public Stretch Open { get; private set; } = new(StretchKind.Unknown, DateTimeOffset.MinValue, DateTimeOffset.MinValue)
    {
        Why = "older transitions are not kept",
    };

    /// <summary>Nothing begins before what is there already: it would overlap.</summary>
    public void Turn(Stretch next)
    {
        var at = next.From < Open.From ? Open.From : next.From;
        if (at > Open.From)
            _closed.Add(Open with { To = at });
        Open = next with { From = at };
    }

    /// <summary>The open stretch was so at its beginning; nobody knows for how long.</summary>
    public void Doubt(string why) => Open = Open with { Kind = StretchKind.Unknown, Why = why };

    public IReadOnlyList<Stretch> Close(DateTimeOffset at)
    {
        _closed.Add(Open with { To = at < Open.From ? Open.From : at });
        return _closed;
    }
}
