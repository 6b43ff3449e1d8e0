using System.Reflection;

namespace AspireElection.AppHost;

/// <summary>Which side of Aspire this AppHost was built on, told to its projects.</summary>
internal static class AspireSide
{
    private const string Variable = "AspirePackages";

    /// <summary>
    /// Aspire starts each project by <c>dotnet run --no-build</c>, which looks for its outputs anew. Chosen by <c>-p:</c> or by
    /// an IDE, the side is unknown there, and the outputs of the other side are found, or none.
    /// </summary>
    public static void PassOn()
    {
        var built = typeof(AspireSide).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(m => m.Key == Variable);
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
            Environment.SetEnvironmentVariable(Variable, built?.Value);
    }
}
