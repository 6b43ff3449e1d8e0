using System.Reflection;

namespace AspireElection.Tests;

/// <summary>The public types and members of an assembly, one line each.</summary>
internal static class Surface
{
    public static string[] Of(Assembly assembly) =>
    [
        .. assembly.GetExportedTypes()
            .SelectMany(type => Members(type).Select(member => $"{type.Namespace}.{Name(type)}{member}"))
            .Order(StringComparer.Ordinal),
    ];

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
                MethodInfo method when IsRecord(type) && method.Name is "ToString" or "Equals" or "GetHashCode" or "<Clone>$" or "Deconstruct" => null,
                MethodBase method => $".{(method is ConstructorInfo ? "new" : method.Name)}({string.Join(", ", method.GetParameters().Select(p => Name(p.ParameterType)))})",
                _ => "." + member.Name,
            };
            if (plain is not null && names.Add(plain)) yield return plain;
        }
    }

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type is { IsNested: true, IsGenericParameter: false } ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name;

    /// <summary>What the compiler adds to a record says nothing.</summary>
    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly) is not null;
}
