using System.Diagnostics;

namespace AspireElection.Topology.Tests;

internal static class Wait
{
    /// <summary>Asks until there is an answer; the message of the failure is the last reason.</summary>
    public static async Task<T> UntilAsync<T>(string what, TimeSpan limit, Func<Task<(T? Answer, string Reason)>> ask)
        where T : class
    {
        var reason = "never asked";
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < limit; await Task.Delay(100))
        {
            try
            {
                (var answer, reason) = await ask();
                if (answer is not null) return answer;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or System.Text.Json.JsonException)
            {
                reason = e.Message;
            }
        }

        throw new TimeoutException($"{what}: not within {limit.TotalSeconds:0} s; last: {reason}");
    }

    public static Task<string> UntilTrueAsync(string what, TimeSpan limit, Func<string?> problem) =>
        UntilAsync(what, limit, () => Task.FromResult(problem() is { } reason ? ((string?)null, reason) : ("yes", "")));
}
