using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using AspireElection.Telemetry;
using AspireElection.Tests.Mistakes;
using AspireElection.Workers.Http;
using AspireElection.Workers.Jobs;
using AspireElection.Workers.Output;
using Microsoft.Extensions.Logging;

namespace AspireElection.Tests.Library;

/// <summary>What <c>docs/observe.md</c> promises to operators is what the code has: a name that changed would break their alerts in silence.</summary>
public sealed partial class ObserveTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(SourceFolder.Root, "docs", "observe.md"));

    private static readonly JsonSerializerOptions s_exactly = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    [Fact]
    public void Every_instrument_stands_there_with_its_kind_and_unit()
    {
        RuntimeHelpers.RunClassConstructor(typeof(ElectionTelemetry).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(Alerts).TypeHandle);
        var made = new SortedSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == ElectionTelemetry.Name)
                    made.Add($"{instrument.Name} | {Kind(instrument)} | {instrument.Unit}");
            },
        };
        listener.Start();
        Assert.Equal(made, new SortedSet<string>(InstrumentRow().Matches(s_page).Select(m => $"{m.Groups[1]} | {m.Groups[2]} | {m.Groups[3]}"), StringComparer.Ordinal));

        static string Kind(Instrument instrument) => instrument.GetType().Name switch
        {
            var name when name.Contains("Gauge", StringComparison.Ordinal) => "gauge",
            var name when name.StartsWith("Counter", StringComparison.Ordinal) => "counter",
            var name when name.StartsWith("Histogram", StringComparison.Ordinal) => "histogram",
            var name => name,
        };
    }

    [Fact]
    public void Every_log_event_stands_there_with_its_id_level_and_words()
    {
        var written = new[] { typeof(ElectionTelemetry).Assembly, typeof(Alerts).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .OrderBy(message => message.EventId)
            .Select(message => string.Create(CultureInfo.InvariantCulture, $"| {message.EventId} | {message.Level} | {message.Message} |"));
        Assert.Equal(written, s_page.Split('\n').Where(line => LogEvent().IsMatch(line)));
    }

    [Fact]
    public void The_answers_have_the_members_of_real_ones()
    {
        var answers = Block().Matches(s_page).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, answers.Count);
        Same<ElectionAnswer>(answers[0]);
        Same<JobAnswer>(answers[1]);

        static void Same<T>(string answer)
        {
            using var shown = JsonDocument.Parse(answer);
            using var real = JsonDocument.Parse(JsonSerializer.Serialize(JsonSerializer.Deserialize<T[]>(answer, s_exactly), s_exactly));
            Assert.Equal(Names(real.RootElement), Names(shown.RootElement));
        }

        // In their order, which people who compare rely on.
        static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Names),
            JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Names(p.Value).Prepend(p.Name)),
            _ => [],
        };
    }

    [Theory]
    [InlineData("docs/observe.md")]
    [InlineData("README.md")]
    public void The_event_lines_have_the_form_of_real_ones(string page)
    {
        const long Term = 1_795_338_843_234_567;
        var text = new EventText("node-1", colours: false);
        var lines = File.ReadLines(Path.Combine(SourceFolder.Root, page)).ToList();
        foreach (var real in new[]
        {
            text.Started(default), text.BecameLeader(default, Term), text.LostLeadership(default, Term, LossReason.Stopped),
            text.NewLeader(default, new Leader("node-2", "x", null, Term, default)),
        })
        {
            Assert.Contains(Form(real), lines.Select(Form));
        }

        static string Form(string line) => Digits().Replace(line, digits => new string('0', Math.Min(digits.Length, 3)));
    }

    [GeneratedRegex(@"^\| `(election\.[a-z_.]+)` \| ([a-z]+) \|(?: ([^\s|]+))? \|", RegexOptions.Multiline)]
    private static partial Regex InstrumentRow();

    [GeneratedRegex(@"^\| \d+ \| (?:Debug|Information|Warning|Error) \|")]
    private static partial Regex LogEvent();

    [GeneratedRegex(@"^```json\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
