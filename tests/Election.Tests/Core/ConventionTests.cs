using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AspireElection.Tests.Core;

/// <summary>What keeps the folders apart, so that a store can become a package of its own.</summary>
public sealed partial class ConventionTests
{
    private static readonly string Election = Path.Combine(Root(), "Election");

    public static TheoryData<string> Stores => [.. Directory.GetDirectories(Path.Combine(Election, "Stores")).Select(d => Path.GetFileName(d)!)];

    [Theory]
    [MemberData(nameof(Stores))]
    public void A_store_uses_the_contracts_time_and_its_client_and_nothing_else_of_the_library(string store)
    {
        var folder = Path.Combine(Election, "Stores", store);
        // Only extension methods that make a store known to a host or count a refused write may look further.
        var foreign = Sources(folder)
            .Where(file => !Path.GetFileName(file).EndsWith("Extensions.cs", StringComparison.Ordinal))
            .SelectMany(file => Usings().Matches(File.ReadAllText(file)).Select(m => (File: Path.GetFileName(file), Used: m.Groups[1].Value)))
            .Where(u => u.Used.StartsWith("AspireElection", StringComparison.Ordinal))
            .Where(u => u.Used is not "AspireElection.Timing" && !$"{u.Used}.".StartsWith($"AspireElection.Stores.{store}.", StringComparison.Ordinal))
            .Select(u => $"{u.File} uses {u.Used}");
        Assert.Empty(foreign);
        var core = Sources(folder).Where(file => CoreTypes().IsMatch(File.ReadAllText(file))).Select(Path.GetFileName);
        Assert.Empty(core);
    }

    [Fact]
    public void The_core_does_not_leave_its_context()
    {
        var leaving = Sources(Election)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}Stores{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => Leaves().IsMatch(File.ReadAllText(file)))
            .Select(Path.GetFileName);
        Assert.Empty(leaving);
    }

    [Fact]
    public void Types_are_sealed_abstract_or_static()
    {
        var open = typeof(Candidate).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && t.Namespace?.StartsWith("AspireElection", StringComparison.Ordinal) == true)
            .Where(t => !t.Name.Contains('<', StringComparison.Ordinal))
            .Select(t => t.FullName);
        Assert.Empty(open);
    }

    /// <summary>Raised in one place alone, a project would be generated and run by another version than its packages are of, without an error.</summary>
    [Fact]
    public void The_sdk_of_the_AppHost_is_of_its_packages_version()
    {
        var packages = XDocument.Load(Path.Combine(Root(), "eng", "probe", "AspirePackages.props")).Descendants("AspireVersion").Single().Value;
        var imported = XDocument.Load(Path.Combine(Root(), "AppHost", "AppHost.csproj")).Descendants("Import")
            .Where(i => i.Attribute("Sdk")?.Value == "Aspire.AppHost.Sdk")
            .Select(i => i.Attribute("Version")!.Value);
        Assert.Equal([packages, packages], imported);
    }

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories);

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AspireElection.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("AspireElection.sln was not found above the tests.");
    }

    [GeneratedRegex(@"^using (?:static )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Usings();

    [GeneratedRegex(@"\b(Tenure|Presence|SeatObserver|StoreHealth|ElectionOptions|new Candidate)\b")]
    private static partial Regex CoreTypes();

    [GeneratedRegex(@"ConfigureAwait|Task\.Run\b|\.ReadAllAsync\(c")]
    private static partial Regex Leaves();
}
