using AspireElection.Stores.Redis;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>All that a lease server keeps, and loses when it is wiped.</summary>
internal sealed class LeaseData(History history)
{
    public SeatKind Kind { get; set; }

    /// <summary>Who holds the seat, or for whom it is reserved.</summary>
    public string Holder { get; set; } = string.Empty;

    public long Token { get; set; }

    /// <summary>By the server's clock.</summary>
    public long EndsAt { get; set; }

    /// <summary>The last term's token.</summary>
    public long LastToken { get; set; }

    /// <summary>The first token since the data began.</summary>
    public long First { get; set; }

    /// <summary>The last term that was given back.</summary>
    public long Released { get; set; }

    public string? Address { get; set; }

    public DateTimeOffset Since { get; set; }

    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(1);

    public long Number { get; set; }

    public Dictionary<string, int> Line { get; } = [];

    public MemberRows Members { get; } = new();

    public Ledger Ledger { get; } = new(history);
}
