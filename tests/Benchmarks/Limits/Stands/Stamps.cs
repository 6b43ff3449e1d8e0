using System.Globalization;
using AspireElection.Timing;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// What a stand says of itself on standard output, with the time at which it was so: nanoseconds of a clock that all
/// processes of the host share, so that neither a busy reader nor a slow pipe falsifies a duration.
/// </summary>
internal static class Stamps
{
    public const string Leads = "leads";
    public const string Resigning = "resigning";

    public static long Now => BootClock.Instance.GetTimestamp();

    public static void SayLeads() => Say(Leads, Now);

    /// <summary>Stamps the instant before the call and prints when the call has sent what it sends at once: printing takes time too.</summary>
    public static async Task ResignAsync(Func<Task> resign)
    {
        var at = Now;
        var resigned = resign();
        Say(Resigning, at);
        await resigned;
    }

    private static void Say(string word, long at) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word} {at}"));
}
