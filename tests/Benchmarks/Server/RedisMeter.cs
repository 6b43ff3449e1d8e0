using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Server;

/// <summary>
/// <c>INFO</c> over a bare connection: the usual client would send requests of its own now and then, which would be
/// counted as somebody's.
/// </summary>
/// <remarks>
/// The server counts a command of a client and one that a script runs alike. A request is here what no script of ours
/// runs; where that is less than the reads from the clients' lines, as after a plain HGETALL, it is those.
/// </remarks>
internal sealed class RedisMeter : IMeter
{
    private static readonly byte[] s_info = "INFO all\r\n"u8.ToArray();

    private static readonly HashSet<string> s_ofScripts = new(
        new[]
        {
            RedisScript.Acquire, RedisScript.Renew, RedisScript.Release, RedisScript.Withdraw, RedisScript.Look, RedisScript.Heartbeat,
            RedisScript.Leave, RedisScript.RemoveStale, RedisScript.Write, RedisScript.Append, RedisScript.FencedSet,
        }.SelectMany(script => Regex.Matches(script.Text, "redis\\.call\\('([A-Z]+)'").Select(m => m.Groups[1].Value.ToLowerInvariant())));

    /// <summary>What StackExchange.Redis asks on its own, whoever uses it: whether the line is alive, what server that is.</summary>
    private static readonly HashSet<string> s_upkeep = ["auth", "client", "cluster", "config", "echo", "hello", "info", "ping", "sentinel"];

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly HashSet<string> _upkeep;
    private long _asked;
    private long _answered;

    /// <summary>One version of the client leaves a channel that nobody joined, to see whether its line is alive.</summary>
    private RedisMeter(bool atRest) => _upkeep = atRest ? [.. s_upkeep, "unsubscribe"] : s_upkeep;

    /// <param name="server">Which one.</param>
    /// <param name="atRest">Nobody of ours leaves a channel while it is read.</param>
    /// <param name="stop">Ends the start.</param>
    public static async Task<RedisMeter> OpenAsync(RedisServer server, bool atRest, CancellationToken stop)
    {
        var meter = new RedisMeter(atRest);
        await meter._client.ConnectAsync("127.0.0.1", server.Port, stop);
        await meter._client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"AUTH {server.Password}\r\n"), stop);
        var answer = await meter.LineAsync(stop);
        return answer == "+OK" ? meter : throw new InvalidOperationException($"Redis answers to AUTH: {answer}");
    }

    public async Task<Reading> ReadAsync(CancellationToken stop)
    {
        await _client.GetStream().WriteAsync(s_info, stop);
        _asked++;
        var head = await LineAsync(stop);
        var text = new byte[int.Parse(head.AsSpan(1), CultureInfo.InvariantCulture) + 2];
        await _client.GetStream().ReadExactlyAsync(text, stop);
        var answer = Encoding.UTF8.GetString(text);
        // Its own: this question was read but not answered when the server looked at its numbers.
        var upkeep = Commands(answer, _upkeep.Contains) - (_asked - 1);
        var requests = Commands(answer, name => !_upkeep.Contains(name) && !s_ofScripts.Contains(name));
        var reads = Number(answer, "total_reads_processed") - _asked - upkeep;
        var bytes = Number(answer, "total_net_input_bytes") + Number(answer, "total_net_output_bytes") - _asked * s_info.Length - _answered;
        _answered += head.Length + 2 + text.Length;
        return new Reading(Math.Max(requests, reads), bytes) { Upkeep = upkeep };
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static long Commands(string info, Func<string, bool> counts) => Regex.Matches(info, @"^cmdstat_([^:|]+)[^:]*:calls=(\d+)", RegexOptions.Multiline)
        .Where(m => counts(m.Groups[1].Value))
        .Sum(m => long.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture));

    private static long Number(string info, string name) =>
        Regex.Match(info, $@"^{name}:(\d+)", RegexOptions.Multiline) is { Success: true } found
            ? long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"This Redis does not tell {name}.");

    private async Task<string> LineAsync(CancellationToken stop)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await _client.GetStream().ReadExactlyAsync(one, stop);
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
    }
}
