using System.Diagnostics;
using System.Text.Json;
using AspireElection.Faults.Harness;
using AspireElection.Workers;

namespace AspireElection.Stores.Tests.Quorum;

/// <summary>Workers as processes, with a line of its own from each to each, so that they can be parted into groups.</summary>
internal sealed class PartedPeers : IAsyncDisposable
{
    public const string Key = "the key of parted peers";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("quorum-peers-").FullName;
    private readonly Dictionary<string, int> _ports = [];
    private readonly Dictionary<(string From, string To), TcpProxy> _lines = [];
    private readonly Dictionary<string, WorkerProcess> _processes = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly string _flags;

    private PartedPeers(string flags) => _flags = flags;

    public IEnumerable<string> Ids => _ports.Keys;

    public static async Task<PartedPeers> StartAsync(int count, string flags = "--lease-duration 1s")
    {
        var peers = new PartedPeers(flags);
        foreach (var id in Enumerable.Range(0, count).Select(n => $"{(char)('a' + n)}"))
            peers._ports[id] = FreePorts.Next();
        foreach (var from in peers.Ids)
        {
            foreach (var to in peers.Ids.Where(to => to != from))
                peers._lines[(from, to)] = new TcpProxy(peers._ports[to]);
        }

        foreach (var id in peers.Ids)
            peers.Start(id);
        await peers.UntilAsync(async () => await peers.LeaderOfAllAsync(peers.Ids) is not null, "all agree on a leader");
        return peers;
    }

    public void Start(string id, string? key = null, string? more = null)
    {
        var list = string.Join(',', Ids.Select(to => $"{to}=http://127.0.0.1:{(to == id ? _ports[to] : _lines[(id, to)].Port)}"));
        _processes[id] = new WorkerProcess(
            $"--store quorum --node-id {id} --peers {list} --data-dir \"{_folder}\" --status-line false {_flags} {more}",
            $"ELECTION_CLUSTER_KEY={key ?? Key}",
            $"ELECTION_ADMIN_TOKEN={Node.AdminToken}");
    }

    public WorkerProcess Process(string id) => _processes[id];

    /// <summary>Nothing passes between the group and the others.</summary>
    public void Part(IReadOnlyCollection<string> group)
    {
        foreach (var ((from, to), line) in _lines)
        {
            if (group.Contains(from) != group.Contains(to))
                line.BlackHole();
        }
    }

    public void Heal()
    {
        foreach (var line in _lines.Values)
            line.Heal();
    }

    /// <summary>Who leads, where all of these say the same.</summary>
    public async Task<(string Node, long Term)?> LeaderOfAllAsync(IEnumerable<string> ids)
    {
        var answers = new List<(string Id, ElectionAnswer Answer)>();
        foreach (var id in ids)
        {
            if (await AskAsync(id) is not { } answer)
                return null;
            answers.Add((id, answer));
        }

        var leaders = answers.Where(a => a.Answer.IsLeader).ToList();
        return leaders is [var leader] && answers.TrueForAll(a => a.Answer.LeaderTerm == leader.Answer.Term)
            ? (leader.Id, leader.Answer.Term)
            : null;
    }

    public async Task<ElectionAnswer?> AskAsync(string id)
    {
        try
        {
            return ElectionAnswer.Parse(await _http.GetByteArrayAsync(new Uri($"http://127.0.0.1:{_ports[id]}/election")));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task<(int Status, string Text)> GetAsync(string id, string path)
    {
        using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{_ports[id]}{path}"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<(int Status, string Text)> PostAsync(string id, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://127.0.0.1:{_ports[id]}{path}"));
        request.Headers.Authorization = new("Bearer", Node.AdminToken);
        using var answer = await _http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>How often a job has run in the whole cluster, as a node tells it.</summary>
    public async Task<long> RunsAsync(string id, string job)
    {
        var (status, text) = await GetAsync(id, "/jobs");
        if (status != 200)
            return -1;
        using var jobs = JsonDocument.Parse(text);
        return jobs.RootElement.EnumerateArray().Single(j => j.GetProperty("job").GetString() == job).GetProperty("runs").GetInt64();
    }

    public async Task<(string Node, long Term)> AgreeAsync(IEnumerable<string> ids, long afterTerm = 0)
    {
        (string Node, long Term)? leader = null;
        var all = ids.ToList();
        await UntilAsync(async () => (leader = await LeaderOfAllAsync(all)) is { } found && found.Term > afterTerm,
            $"{string.Join(", ", all)} agree on a leader after term {afterTerm}");
        return leader!.Value;
    }

    public async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > Limit)
            {
                throw new TimeoutException($"Not within {Limit.TotalSeconds} s: {what}. " + string.Join('\n', _processes.SelectMany(
                    p => p.Value.Output.TakeLast(5).Concat(p.Value.Errors.TakeLast(5)).Select(l => $"{p.Key}: {l}"))));
            }

            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
            await process.DisposeAsync();
        foreach (var line in _lines.Values)
            await line.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
