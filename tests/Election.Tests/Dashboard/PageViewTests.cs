using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace AspireElection.Dashboard;

/// <summary>What the page's address asks for.</summary>
public sealed class PageViewTests
{
    [Theory]
    [InlineData("at=2026-11-21T14:03:22Z", "2026-11-21T14:03:22.000")]
    [InlineData("at=2026-11-21T14:03:22.5Z", "2026-11-21T14:03:22.500")]
    [InlineData("at=2026-11-21T14:03:22", "2026-11-21T14:03:22.000")]
    [InlineData("at=2026-11-21T14:03", "2026-11-21T14:03:00.000")]
    [InlineData("at=2026-11-21+14:03", "2026-11-21T14:03:00.000")]
    [InlineData("at=2026-11-21T15:03:22%2B01:00", "2026-11-21T14:03:22.000")]
    [InlineData("at=2026-11-21T15:03:22+01:00", "2026-11-21T14:03:22.000")]
    [InlineData("", null)]
    [InlineData("at=&election=", null)]
    public void A_moment_is_read_in_the_usual_forms(string query, string? at)
    {
        var view = Read(query);
        Assert.Null(view.Problem);
        Assert.Equal(at, view.At?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("at=yesterday", "at is 'yesterday'; allowed: a moment such as 2026-11-21T14:10:00Z")]
    [InlineData("at=2026-13-41T00:00:00Z", "at is '2026-13-41T00:00:00Z'; allowed")]
    [InlineData("at=0001-01-01T00:00:00Z", "at is '0001-01-01T00:00:00Z'; allowed")]
    [InlineData("at=2026-11-21T14:10:01Z", "a moment that has not come yet")]
    [InlineData("at=2026-11-21T14:03:22Z&at=2026-11-21T14:03:23Z", "at is '2026-11-21T14:03:22Z,2026-11-21T14:03:23Z'")]
    [InlineData("range=1h", "range is '1h'; allowed: 1m, 15m, 24h")]
    [InlineData("election=c", "election is 'c'; this page shows: a, b")]
    public void What_cannot_be_shown_is_named_in_one_line_and_the_present_is_shown(string query, string line)
    {
        var view = Read(query);
        Assert.Null(view.At);
        Assert.Contains(line, view.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', view.Problem!);
    }

    [Fact]
    public void A_link_to_a_transition_is_not_before_it()
    {
        var at = FixedClock.At("14:03:22") + TimeSpan.FromTicks(1);
        var link = PageLinks.Still(at, "a", Timeline.TimelineRange.Day);
        Assert.Equal("/?at=2026-11-21T14:03:22.001Z&election=a&range=24h", link);
        Assert.True(Read(link[2..]).At >= at);
    }

    private static PageView Read(string query) => PageView.Read(new QueryCollection(QueryHelpers.ParseQuery(query)), ["a", "b"], FixedClock.Now);
}
