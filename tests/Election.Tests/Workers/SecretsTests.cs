using System.Collections;
using System.Reflection;
using AspireElection.Dashboard;
using AspireElection.ServiceDefaults.Settings;
using AspireElection.Workers.Settings;

namespace AspireElection.Workers;

/// <summary>A log line, an exception or a debugger's window makes text of what it is given: no secret may be in it.</summary>
public sealed class SecretsTests
{
    private const string Secret = "geheim1234567890";

    private static readonly Dictionary<string, string> Given = new()
    {
        ["ELECTION_STORE"] = "quorum",
        ["NODE_ID"] = "a",
        ["PEERS"] = "a=http://127.0.0.1:7101,b=http://127.0.0.1:7102",
        ["ELECTION_CLUSTER_KEY"] = Secret,
        ["ELECTION_ADMIN_TOKEN"] = Secret,
        ["DASHBOARD_ADMIN_TOKEN"] = Secret,
        ["DATABASE_URL"] = $"postgres://u:{Secret}@h/db",
        ["ConnectionStrings__postgres"] = $"Host=h;Username=u;Password={Secret}",
        ["ConnectionStrings__redis"] = $"h:6379,password={Secret}",
        ["ConnectionStrings__etcd"] = $"http://h:2379;Username=u;Password={Secret}",
    };

    public static TheoryData<string> Variables => [.. SettingsTable.All.Where(s => s.Secret).Select(s => s.Variable)];

    [Fact]
    public void The_text_of_no_setting_of_a_worker_shows_one()
    {
        var settings = SettingsReader.Read([], Given.GetValueOrDefault, _ => null).Settings!;
        ShowsNone([settings, settings.Quorum!.ToOptions("a"), GivenValues.Read(SettingsTable.All, [], Given.GetValueOrDefault, _ => null, [])]);
    }

    [Fact]
    public void The_text_of_no_setting_of_the_dashboard_shows_one()
    {
        List<string> problems = [];
        var settings = DashboardSettings.Read([], Given.GetValueOrDefault, problems);
        Assert.Empty(problems);
        ShowsNone([settings!]);
    }

    [Theory]
    [MemberData(nameof(Variables))]
    public void No_problem_shows_one(string variable)
    {
        foreach (var wrong in (string[])["geheim", $"{Secret} ", $"geheim://{Secret}"])
        {
            var problems = SettingsReader.Read([], name => name == variable ? wrong : null, _ => null).Problems;
            Assert.DoesNotContain(problems, line => line.Contains("geheim", StringComparison.Ordinal));
        }
    }

    /// <summary>Goes through all objects of this solution that are reachable, and asks each for its text.</summary>
    private static void ShowsNone(IEnumerable<object> roots)
    {
        var (known, ahead) = (new HashSet<object>(ReferenceEqualityComparer.Instance), new Stack<object>(roots));
        var holders = new List<string>();
        while (ahead.TryPop(out var next))
        {
            if (!known.Add(next))
                continue;
            Assert.DoesNotContain("geheim", next.ToString()!, StringComparison.Ordinal);
            var held = next is IEnumerable items ? [.. items.Cast<object?>()] : FieldsOf(next.GetType()).Select(field => field.GetValue(next)).ToList();
            if (held.OfType<string>().Any(text => text.Contains("geheim", StringComparison.Ordinal)))
                holders.Add(next.GetType().Name);
            foreach (var item in held.Where(IsLookedAt))
                ahead.Push(item!);
        }

        // Else nothing was looked at.
        Assert.NotEmpty(holders);
    }

    private static bool IsLookedAt(object? item) => item is IEnumerable and not string
        || (item is not null and not Enum && (item.GetType().Name.StartsWith(nameof(KeyValuePair), StringComparison.Ordinal)
            || item.GetType().Namespace?.StartsWith("AspireElection", StringComparison.Ordinal) == true));

    private static IEnumerable<FieldInfo> FieldsOf(Type? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                yield return field;
        }
    }
}
