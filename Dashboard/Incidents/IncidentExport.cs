using System.Globalization;
using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Incidents;

/// <summary>Hands out the report of a transition: of the one that began a term, or of the last.</summary>
internal static class IncidentExport
{
    public static void MapIncidentExport(this WebApplication app) => app.MapGet(PageLinks.Incident, Export);

    private static IResult Export(HttpContext http, Watches watches, TimeProvider clock)
    {
        http.Response.Headers.CacheControl = "no-store";
        var pictures = watches.Pictures;
        var named = (string?)http.Request.Query["election"];
        if ((string.IsNullOrEmpty(named) ? pictures[0] : pictures.FirstOrDefault(p => p.Election == named)) is not { } picture)
            return Line($"This page does not show that election; it shows: {string.Join(", ", pictures.Select(p => p.Election))}", StatusCodes.Status404NotFound);
        var told = (string?)http.Request.Query["term"];
        if (Term(told) is not { } term)
            return Line("term: the number of a term; without it, the last transition is told", StatusCodes.Status400BadRequest);
        if (picture.History.Count == 0 && picture.HistoryTrouble is { } trouble)
            return Line($"What was written down of {picture.Election} is not known: {trouble}", StatusCodes.Status503ServiceUnavailable);
        var course = Course.Of(picture, clock);
        if (course.Transitions.LastOrDefault(t => term < 0 || t.Transition.Term == term) is not { } placed)
        {
            var what = term < 0 ? "No transition" : $"No transition to term {term}";
            return Line($"{what} of {picture.Election} is written down.", StatusCodes.Status404NotFound);
        }

        return Results.Text(IncidentReport.Of(picture, placed, course, clock.GetUtcNow()), "text/markdown; charset=utf-8");
    }

    /// <summary>Below zero where none is named; null for what is no term.</summary>
    private static long? Term(string? text) => string.IsNullOrEmpty(text) ? -1
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var term) ? term : null;

    private static IResult Line(string text, int status) => Results.Text(text, "text/plain; charset=utf-8", statusCode: status);
}
