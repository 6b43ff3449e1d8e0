using System.Collections.Concurrent;
using System.Text.Json;
using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Nodes;

/// <summary>
/// What the nodes say of themselves beyond what the store tells: version and round trip. Each is asked at its own address
/// every few seconds, and only while somebody looks.
/// </summary>
internal sealed class NodeAnswers(Watches watches, NodeLine line, TimeProvider clock) : BackgroundService
{
    /// <summary>How many members of an election are asked, besides its leader.</summary>
    public const int MostOfElection = 16;

    private const int MostPlaces = 64;
    private const int AtOnce = 8;

    private static readonly string NotAsked =
        $"It is not asked: only leaders and the first {MostOfElection} members of an election are, {MostPlaces} in all";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    /// <summary>The page is rendered each second for who follows it, and once for who does not.</summary>
    private static readonly TimeSpan Attention = TimeSpan.FromSeconds(5);

    private readonly Pulse _lookers = new();
    private Round _round = new(new Dictionary<Uri, Heard>(), new HashSet<Uri>());
    private long _lookedAt = long.MinValue;

    /// <summary>What is known of a member; that somebody wants to know makes the nodes be asked.</summary>
    public NodeView Of(Member member)
    {
        Volatile.Write(ref _lookedAt, clock.GetTimestamp());
        _lookers.Beat();
        if (NodeLine.Place(member.Address) is not { } place)
            return new(null, member.Address is null ? "This node has no address" : "Its address is none of this machine: it is not asked");
        var round = Volatile.Read(ref _round);
        if (!round.Heard.TryGetValue(place, out var heard))
            return new(null, round.LeftOut.Contains(place) ? NotAsked : "It has not been asked yet");
        return heard.Answers?.FirstOrDefault(a => a.IsOf(member.Election, member.Id)) is { } answer
            ? new(answer, null)
            : new(null, heard.Trouble ?? $"At {place.Authority} answers another node");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var looker = _lookers.Next;
                if (!IsLookedAt)
                    await looker.WaitAsync(stoppingToken);
                await AskAllAsync(stoppingToken);
                await Task.Delay(Period, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops: no failure.
        }
    }

    private bool IsLookedAt => Volatile.Read(ref _lookedAt) is > long.MinValue and var at && clock.GetElapsedTime(at) < Attention;

    private async Task AskAllAsync(CancellationToken stoppingToken)
    {
        // A worker answers for all its elections at once.
        var pictures = watches.Pictures;
        var leaders = pictures.SelectMany(p => p.Members.Where(p.IsLedBy));
        var places = Places(leaders.Concat(pictures.SelectMany(p => p.Members.Take(MostOfElection)))).Take(MostPlaces).ToList();
        var heard = new ConcurrentDictionary<Uri, Heard>();
        await Parallel.ForEachAsync(
            places,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
            async (place, limit) => heard[place] = await AskAsync(place, limit));
        // Those that are no members any more are forgotten with it.
        Volatile.Write(ref _round, new Round(heard, Places(pictures.SelectMany(p => p.Members)).Except(places).ToHashSet()));
    }

    private static IEnumerable<Uri> Places(IEnumerable<Member> members) => members.Select(m => NodeLine.Place(m.Address)).OfType<Uri>().Distinct();

    private async Task<Heard> AskAsync(Uri place, CancellationToken cancellationToken)
    {
        try
        {
            return new(await line.AskAsync(place, NodeLine.Short, cancellationToken), null);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(null, exception is OperationCanceledException ? "It did not answer within a second" : "It was not reached");
        }
    }

    private sealed record Round(IReadOnlyDictionary<Uri, Heard> Heard, IReadOnlySet<Uri> LeftOut);

    private sealed record Heard(IReadOnlyList<NodeAnswer>? Answers, string? Trouble);
}

/// <summary>What is known of a node, or why nothing is.</summary>
internal sealed record NodeView(NodeAnswer? Answer, string? Trouble);
