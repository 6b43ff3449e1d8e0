using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Workers.Jobs;

/// <summary>One step of the database's schema.</summary>
/// <param name="File">Such as <c>0001_products.sql</c>; steps are applied in the order of their names.</param>
/// <param name="Sql">What it does; it runs inside a transaction.</param>
internal sealed record Migration(string File, string Sql)
{
    private const string Prefix = "Migrations/";

    /// <summary>Tells a file that was changed after it had been applied from one that was not.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>The newest file and the content of all: what has to be done once.</summary>
    public static string VersionOf(IReadOnlyList<Migration> migrations)
    {
        var content = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', migrations.Select(m => m.File + m.Checksum))));
        return $"{migrations[^1].File}-{Convert.ToHexStringLower(content)[..12]}";
    }

    /// <summary>The files of the folder <c>Migrations</c>, which are part of the program.</summary>
    public static IReadOnlyList<Migration> Embedded()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new Migration(name[Prefix.Length..], Read(assembly, name)))];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
