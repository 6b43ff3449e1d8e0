using System.Reflection;

namespace AspireElection.Topology.Tests;

/// <summary>The stand-in for Aspire's packages offers what this solution calls and nothing else.</summary>
public sealed class SurfaceTests
{
    [Fact]
    public void The_stand_in_offers_what_surface_txt_lists()
    {
        var assembly = typeof(DistributedApplication).Assembly;
        if (assembly.GetName().Name != "Aspire.Hosting.Offline")
        {
            Console.WriteLine("Skipped: this build uses Aspire's own packages.");
            return;
        }

        var surface = assembly.GetExportedTypes()
            .SelectMany(type => Members(type).Select(member => $"{type.Namespace}.{Name(type)}{member}"))
            .Order(StringComparer.Ordinal)
            .ToArray();
        var file = Path.Combine(AppContext.BaseDirectory, "surface.txt");
        if (Environment.GetEnvironmentVariable("WRITE_SURFACE") is { Length: > 0 } target) File.WriteAllLines(target, surface);

        Assert.Equal(File.ReadAllLines(file), surface);
    }

    private static IEnumerable<string> Members(Type type)
    {
        yield return "";
        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var names = new HashSet<string>();
        foreach (var member in type.GetMembers(all))
        {
            var plain = member switch
            {
                MethodInfo { IsSpecialName: true } or ConstructorInfo { IsStatic: true } or Type => null,
                MethodInfo method when type.Name.Contains("Snapshot", StringComparison.Ordinal) && method.Name is "ToString" or "Equals" or "GetHashCode" or "<Clone>$" or "Deconstruct" => null,
                MethodBase method => $".{(method is ConstructorInfo ? "new" : method.Name)}({string.Join(", ", method.GetParameters().Select(p => Name(p.ParameterType)))})",
                _ => "." + member.Name,
            };
            if (plain is not null && names.Add(plain)) yield return plain;
        }
    }

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type is { IsNested: true, IsGenericParameter: false } ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name;
}
